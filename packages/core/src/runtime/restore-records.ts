/** What a chunk of a changelog, or of a source topic that serves as one, puts into a store. */
import { encode, latin1Slice, MillraceError, type RestoreRecord, type StoreDefinition } from '@millrace/state'
import type { RecordBatch } from '../broker/record-batch/index.js'
import type { Logger } from '../logger.js'
import { NO_HEADERS, type TopicPartition } from '../record.js'
import type { SourceNode, Topology } from '../topology/topology.js'
import type { HeadRecord } from './record-buffer.js'
import { RecordDecoder } from './record-decoder.js'
import { sourceOf } from './source-of.js'

/** The records between two offsets that a store is to be given. */
export type RecordsToRestore = (batches: readonly RecordBatch[], from: number, to: number) => Iterable<RestoreRecord>

/** A changelog has the store's own bytes. */
export const changelogRecords =
  (store: StoreDefinition): RecordsToRestore =>
  (batches, from, to) => {
    const chosen = choice(store)
    for (const batch of batches) {
      const cursor = batch.cursor()
      while (cursor.next()) {
        if (cursor.offset < from || cursor.offset >= to) continue
        if (cursor.keyStart < 0) throw keyless(cursor.offset)
        const { bytes, keyStart, keyEnd, valueStart, valueEnd } = cursor
        chosen.add({
          key: bytes.subarray(keyStart, keyEnd),
          value: valueStart < 0 ? null : bytes.subarray(valueStart, valueEnd),
          timestamp: cursor.timestamp
        })
      }
    }
    return chosen.records()
  }

interface SourceTopic {
  readonly store: StoreDefinition
  readonly changelog: TopicPartition
  readonly deserializationExceptionHandler: 'fail' | 'logAndContinue'
}

/**
 * A source topic has bytes of others, and records that the task leaves out: it is read as the task reads it, so that the
 * store finds its keys again, with the times it would have given them.
 */
export function sourceTopicRecords(
  { store, changelog, deserializationExceptionHandler }: SourceTopic,
  modules: { readonly topology: Topology; readonly logger: Logger }
): RecordsToRestore {
  const source = requireSource(changelog.topic, modules.topology)
  const decoder = new RecordDecoder(
    { source, deserializationExceptionHandler },
    { logger: modules.logger, counter: { skipped() {} } }
  )
  const head: HeadRecord = { key: null, value: null, timestamp: 0, context: { ...changelog, ...NOWHERE } }
  let partitionTime = -1
  return (batches, from, to) => {
    const chosen = choice(store)
    for (const batch of batches) {
      const cursor = batch.cursor()
      while (cursor.next()) {
        if (cursor.offset < from || cursor.offset >= to) continue
        if (!decoder.decode(cursor, { ...changelog, partitionTime }, head)) continue
        partitionTime = Math.max(partitionTime, head.timestamp)
        if (head.key === null) continue
        const key = encode(store.key, head.key)
        const value = head.value === null ? null : encode(store.value, head.value)
        chosen.add({ key, value, timestamp: head.timestamp })
      }
    }
    return chosen.records()
  }
}

interface Choice {
  add(record: RestoreRecord): void
  records(): Iterable<RestoreRecord>
}

/** Of most stores the last record of each key, since the rest would only be overwritten; of versioned ones all. */
function choice({ kind }: StoreDefinition): Choice {
  if (kind === 'versioned') {
    const all: RestoreRecord[] = []
    return { add: record => all.push(record), records: () => all }
  }
  const newest = new Map<string, RestoreRecord>()
  return {
    add: record => newest.set(latin1Slice(record.key, 0, record.key.length), record),
    records: () => newest.values()
  }
}

/** What a decoder puts over the record. */
const NOWHERE = { offset: -1, timestamp: -1, headers: NO_HEADERS } as const

function requireSource(topic: string, topology: Topology): SourceNode {
  const source = sourceOf(topology.nodes.values(), topic)
  if (source !== undefined) return source
  throw new MillraceError('TOPIC_MISSING', `The topology no longer reads ${topic}, from which a store is restored.`, {
    details: { topic }
  })
}

function keyless(offset: number): MillraceError {
  return new MillraceError(
    'CHANGELOG_INVALID',
    `The changelog has a record without a key at offset ${offset}: something else than this application wrote to it.`,
    { details: { offset } }
  )
}
