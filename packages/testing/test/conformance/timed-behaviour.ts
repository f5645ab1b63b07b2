/** What the processors with a store of windows, of sessions or of versions do; conformance/README.md lists them. */
import type {
  ProcessingContext,
  SessionStore,
  StreamRecord,
  VersionedRecord,
  VersionedStore,
  Windowed,
  WindowStore
} from '@millrace/core'
import { asText } from './expression.js'
import type { Step } from './scenario.js'

/** Takes what a punctuation forwards. */
type Forward = (key: unknown, value: unknown) => void
type Entries = AsyncIterable<readonly [Windowed<unknown>, unknown]>

export function isTimed({ processor }: Step): boolean {
  return processor === 'windows' || processor === 'sessions'
}

export function timedResult(step: Step, context: ProcessingContext, record: StreamRecord<unknown, unknown>): string {
  if (step.processor === 'versions') return versions(context.store(nameOf(step)), step, record)
  return step.processor === 'windows'
    ? windows(context.store(nameOf(step)), step, record)
    : sessions(context.store(nameOf(step)), step, record)
}

export async function punctuateTimed(
  step: Step,
  context: ProcessingContext,
  time: number,
  forward: Forward
): Promise<void> {
  const from = Math.max(0, time - 3 * (step.sizeMs as number))
  const reads =
    step.processor === 'windows'
      ? windowReads(context.store(nameOf(step)), from, time)
      : sessionReads(context.store(nameOf(step)), from, time)
  for (const [how, entries] of reads) {
    if (step.forwardOnly === true && how.startsWith('backward')) continue
    for await (const [key, value] of entries) forward(asText(key), `${how}=${asText(value)}`)
  }
}

function windowReads(store: WindowStore<unknown, unknown>, from: number, to: number): [how: string, Entries][] {
  return [
    ['fetchAll', store.fetchAll(from, to)],
    ['backwardFetchAll', store.backwardFetchAll(from, to)],
    ['fetch', store.fetch('a', 'b', from, to)],
    ['fetch', store.fetch(undefined, 'a', from, to)],
    ['backwardFetch', store.backwardFetch('b', undefined, from, to)],
    ['all', store.all()],
    ['backwardAll', store.backwardAll()]
  ]
}

function sessionReads(store: SessionStore<unknown, unknown>, from: number, to: number): [how: string, Entries][] {
  return [
    ['findSessions', store.findSessions('a', 'b', from, to)],
    ['findSessions', store.findSessions(undefined, 'a', from, from)],
    ['backwardFindSessions', store.backwardFindSessions('b', undefined, from, to)],
    ['fetch', store.fetch('a', undefined)],
    ['backwardFetch', store.backwardFetch(undefined, 'b')]
  ]
}

function windows(
  store: WindowStore<unknown, unknown>,
  step: Step,
  { key, value, timestamp }: StreamRecord<unknown, unknown>
): string {
  const size = step.sizeMs as number
  const start = timestamp - (timestamp % size)
  store.put(key, value, start)
  return [
    asText(store.fetch(key, start) ?? null),
    list(store.fetch(key, timestamp - 2 * size, timestamp + size)),
    step.forwardOnly === true ? '' : list(store.backwardFetch(key, timestamp - 4 * size, timestamp))
  ].join('|')
}

function sessions(
  store: SessionStore<unknown, unknown>,
  step: Step,
  { key, value, timestamp }: StreamRecord<unknown, unknown>
): string {
  const gap = step.sizeMs as number
  let [start, end, merged] = [timestamp, timestamp, asText(value)]
  for (const [session, other] of store.findSessions(key, timestamp - gap, timestamp + gap)) {
    start = Math.min(start, session.window.start)
    end = Math.max(end, session.window.end)
    merged += asText(other)
    store.remove(session)
  }
  if (value !== null) store.put({ key, window: { start, end } }, merged)
  return [
    asText(store.fetchSession(key, start, end) ?? null),
    list(store.fetch(key)),
    list(store.findSessions(key, timestamp - 4 * gap, timestamp)),
    step.forwardOnly === true ? '' : list(store.backwardFetch(key)),
    step.forwardOnly === true ? '' : list(store.backwardFindSessions(key, timestamp - 4 * gap, timestamp))
  ].join('|')
}

/** Puts at even times what it deletes at odd ones. */
function versions(
  store: VersionedStore<unknown, unknown>,
  step: Step,
  { key, value, timestamp }: StreamRecord<unknown, unknown>
): string {
  const span = step.sizeMs as number
  const deletes = value === null && timestamp % 2 === 1
  const done = deletes ? version(store.delete(key, timestamp)) : validTo(store.put(key, value, timestamp))
  const times = [timestamp - span, timestamp - 1, timestamp, timestamp + span].map(time => Math.max(0, time))
  const found = times.map(time => version(store.get(key, time)))
  return [done, version(store.get(key)), ...found].join('|')
}

/** Kafka Streams does not tell a processor until when a version held. */
function version(record: VersionedRecord<unknown> | undefined): string {
  return record === undefined ? '-' : `${asText(record.value)}@${record.timestamp}`
}

function validTo(time: number | undefined): string {
  return time === undefined ? 'refused' : time === Infinity ? 'open' : String(time)
}

function list(entries: readonly (readonly [unknown, unknown])[]): string {
  return entries.map(([key, value]) => `${asText(key)}=${asText(value)}`).join(',')
}

function nameOf(step: Step): string {
  return (step.stores as string[])[0]!
}
