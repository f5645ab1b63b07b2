/** Batches, partitions and folders for the tests of the embedded log. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readRecordBatches, RecordBatchWriter } from '../../../dist/broker/record-batch/index.js'
import { systemClock, type Clock } from '../../../dist/clock.js'
import { DirectoryStorage } from '../../../dist/embedded/directory-storage.js'
import { MemoryStorage } from '../../../dist/embedded/memory-storage.js'
import { PartitionLog } from '../../../dist/embedded/partition-log.js'
import type { SegmentStorage } from '../../../dist/embedded/segment-storage.js'
import { TailCache } from '../../../dist/embedded/tail-cache.js'
import { readTopicConfig } from '../../../dist/embedded/topic-config.js'
import { silentLogger } from '../../../dist/logger.js'

export interface TestRecord {
  readonly key: string
  readonly value: string | null
  readonly timestamp?: number
}

export interface FoundRecord extends TestRecord {
  readonly offset: number
}

export function batch(records: readonly TestRecord[], compression: 'none' | 'gzip' = 'none'): Buffer {
  const writer = new RecordBatchWriter({ compression })
  for (const { key, value, timestamp = 0 } of records) {
    const keyBytes = Buffer.from(key)
    const bytes = Buffer.concat([keyBytes, Buffer.from(value ?? '')])
    const valueStart = value === null ? -1 : keyBytes.length
    writer.append(timestamp, bytes, 0, keyBytes.length, valueStart, value === null ? -1 : bytes.length, [])
  }
  return writer.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false })
}

export function decode(records: Buffer): FoundRecord[] {
  const found: FoundRecord[] = []
  for (const each of readRecordBatches(records)) {
    const cursor = each.cursor()
    while (cursor.next()) {
      found.push({
        offset: cursor.offset,
        timestamp: cursor.timestamp,
        key: cursor.bytes.toString('utf8', cursor.keyStart, cursor.keyEnd),
        value: cursor.valueStart < 0 ? null : cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd)
      })
    }
  }
  return found
}

/** Every record of the log, read as a consumer would. */
export function readAll(log: PartitionLog, maxBytes = 100): FoundRecord[] {
  const found: FoundRecord[] = []
  let offset = log.startOffset
  while (offset < log.endOffset) {
    const part = log.read(offset, maxBytes, true)
    const batches = readRecordBatches(part)
    if (batches.length === 0) break
    found.push(...decode(part).filter(record => record.offset >= offset))
    // The last records of a batch may be gone, so the batch itself says where the next one begins.
    offset = batches.at(-1)!.lastOffset + 1
  }
  return found
}

export function openLog(
  storage: SegmentStorage,
  options: { config?: Record<string, string>; clock?: Clock; startOffset?: number } = {}
): PartitionLog {
  return new PartitionLog(
    {
      topic: 't',
      partition: 0,
      config: readTopicConfig('t', options.config ?? {}),
      startOffset: options.startOffset ?? 0
    },
    { storage, clock: options.clock ?? systemClock, logger: silentLogger }
  )
}

export function folderStorage(folder: string, cacheBytes = 1 << 20): SegmentStorage {
  return new DirectoryStorage({ folder, fsync: 'never' }, { cache: new TailCache(cacheBytes) })
}

export function memoryStorage(): SegmentStorage {
  return new MemoryStorage()
}

/** A new folder that goes when the returned function is called. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'millrace-log-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
