/** What the processors that a scenario can name do; conformance/README.md lists them. */
import type { FixedKeyProcessor, KeyValueStore, ProcessingContext, Processor, StreamRecord } from '@millrace/core'
import { asText } from './expression.js'
import type { Step } from './scenario.js'
import { isTimed, punctuateTimed, timedResult } from './timed-behaviour.js'

/** Passes on the record with another value and timestamp. */
type Emit = (value: unknown, timestamp: number) => void
type Record = StreamRecord<unknown, unknown>

export function plainProcessor(step: Step): Processor<any, any, any, any> {
  let context: Parameters<NonNullable<Processor['init']>>[0]
  return {
    init(given) {
      context = given
      if (step.everyMs === undefined) return
      const type = step.punctuation === 'wallClock' ? 'wall-clock' : 'stream-time'
      const options = step.startMs === undefined ? {} : { startMs: step.startMs as number }
      const punctuate = async (time: number): Promise<void> => {
        if (step.processor === 'ticks') {
          context.forward({ key: 'tick', value: time, timestamp: time, headers: [] })
          return
        }
        if (isTimed(step)) {
          return punctuateTimed(step, context, time, (key, value) =>
            context.forward({ key, value, timestamp: time, headers: [] })
          )
        }
        const store = storeOf(step, context)
        for await (const [key, value] of store.all()) {
          context.forward({ key, value, timestamp: time, headers: [] })
          store.delete(key)
        }
      }
      context.schedule(step.everyMs as number, type, punctuate, options)
    },
    process(record) {
      if (step.processor === 'swap') context.forward({ ...record, key: record.value, value: record.key })
      else if (step.processor === 'mark') {
        context.forward({ ...record, headers: [...record.headers, ['seen', Buffer.from(asText(record.key))]] })
      } else if (step.processor === 'route') {
        const [first, second] = step.children as [string, string]
        context.forward(record, asText(record.value).startsWith('a') ? first : second)
      } else behave(step, context, record, (value, timestamp) => context.forward({ ...record, value, timestamp }))
    }
  }
}

export function fixedKeyProcessor(step: Step): FixedKeyProcessor<any, any, any> {
  let context: Parameters<NonNullable<FixedKeyProcessor['init']>>[0]
  return {
    init(given) {
      context = given
    },
    process(record) {
      behave(step, context, record, (value, timestamp) =>
        context.forward(record.withValue(value).withTimestamp(timestamp))
      )
    }
  }
}

const behaviours: { [name: string]: (record: Record, emit: Emit, context: ProcessingContext, step: Step) => void } = {
  twice({ value, timestamp }, emit) {
    emit(`${asText(value)}1`, timestamp)
    emit(`${asText(value)}2`, timestamp)
  },
  later: ({ value, timestamp }, emit) => emit(value, timestamp + 5),
  streamTime: ({ timestamp }, emit, context) => emit(context.currentStreamTimeMs(), timestamp),
  metadata({ timestamp }, emit, context) {
    const { topic, partition, offset } = context.recordMetadata()!
    emit(`${topic}-${partition}@${offset}`, timestamp)
  },
  count({ key, value, timestamp }, emit, context, step) {
    if (key === null) return
    const store = storeOf(step, context)
    const count = value === null ? null : 1 + ((store.get(key) as number | undefined) ?? 0)
    store.put(key, count, timestamp)
    emit(count, timestamp)
  },
  changes({ key, value, timestamp }, emit, context, step) {
    const store = key === null ? undefined : storeOf(step, context)
    if (store === undefined || asText(value) === asText(store.get(key) ?? null)) return
    store.put(key, value, timestamp)
    emit(value, timestamp)
  },
  buffer({ key, value, timestamp }, _emit, context, step) {
    if (key !== null) storeOf(step, context).put(key, value, timestamp)
  },
  windows: timed,
  sessions: timed,
  versions: timed,
  lookUp({ key, value, timestamp }, emit, context, step) {
    if (key !== null) emit(`${asText(value)}/${asText(storeOf(step, context).get(key) ?? null)}`, timestamp)
  },
  ticks() {}
}

function timed(record: Record, emit: Emit, context: ProcessingContext, step: Step): void {
  if (record.key !== null) emit(timedResult(step, context, record), record.timestamp)
}

function behave(step: Step, context: ProcessingContext, record: Record, emit: Emit): void {
  const behaviour = behaviours[step.processor as string]
  if (behaviour === undefined) throw new Error(`There is no processor ${String(step.processor)}`)
  behaviour(record, emit, context, step)
}

function storeOf(step: Step, context: ProcessingContext): KeyValueStore<unknown, unknown> {
  return context.store((step.reads as string | undefined) ?? (step.stores as string[])[0]!)
}
