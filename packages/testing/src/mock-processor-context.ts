/** The context of a processor that a test calls by itself, without a topology. */
import {
  type Cancellable,
  type KeyValueStore,
  MillraceError,
  type ProcessorContext,
  type PunctuationType,
  type ScheduleOptions,
  type Punctuator,
  type RecordMetadata,
  type StoreBuilder,
  type StreamRecord
} from '@millrace/core'
import { memoryEngine, openTaskState } from '@millrace/state'
import { ownMemory } from './own-memory.js'

/** What a processor has forwarded, and to which child if it named one. */
export interface CapturedForward<K, V> {
  readonly record: StreamRecord<K, V>
  readonly childName?: string
}

/** What a processor has scheduled; a test calls `punctuator` when it wants to. */
export interface CapturedPunctuator {
  readonly intervalMs: number
  readonly type: PunctuationType
  readonly punctuator: Punctuator
  /** If the processor gave one. */
  readonly startMs?: number
  /** Whether the processor has cancelled it. */
  readonly cancelled: boolean
}

/** Options of a mock context; all have defaults. */
export interface MockContextOptions {
  /** Default `test`. */
  readonly applicationId?: string
  /** Default `0_0`. */
  readonly taskId?: string
}

/**
 * Kafka Streams' `MockProcessorContext`: notes what a processor does, and tells it what the test wants.
 *
 * @example
 * const context = new MockProcessorContext<string, number>()
 * const processor = new CountWords()
 * processor.init(context)
 * processor.process({ key: 'a', value: 'to be', timestamp: 0, headers: [] })
 * context.forwarded() // [{ record: { key: 'a', value: 2, … } }]
 */
export class MockProcessorContext<KOut = any, VOut = any> implements ProcessorContext<KOut, VOut> {
  readonly applicationId: string
  readonly taskId: string
  readonly #stores = new Map<string, unknown>()
  readonly #forwards: CapturedForward<KOut, VOut>[] = []
  readonly #punctuators: (CapturedPunctuator & { cancelled: boolean })[] = []
  #commits = 0
  #metadata: RecordMetadata | undefined
  #streamTime = -1
  #systemTime = 0

  constructor(options: MockContextOptions = {}) {
    this.applicationId = options.applicationId ?? 'test'
    this.taskId = options.taskId ?? '0_0'
  }

  forward(record: StreamRecord<KOut, VOut>, childName?: string): void {
    this.#forwards.push(childName === undefined ? { record } : { record, childName })
  }

  store<S>(store: StoreBuilder<S>): S
  store<S = KeyValueStore<any, any>>(name: string): S
  store(store: StoreBuilder | string): unknown {
    const name = typeof store === 'string' ? store : store.name
    const found = this.#stores.get(name)
    if (found !== undefined) return found
    throw new MillraceError('STORE_NOT_CONNECTED', `There is no store ${name}. Add it with addStateStore() first.`, {
      details: { store: name }
    })
  }

  schedule(
    intervalMs: number,
    type: PunctuationType,
    punctuator: Punctuator,
    options: ScheduleOptions = {}
  ): Cancellable {
    const captured = { intervalMs, type, punctuator, ...options, cancelled: false }
    this.#punctuators.push(captured)
    return {
      cancel() {
        captured.cancelled = true
      }
    }
  }

  commit(): void {
    this.#commits++
  }

  recordMetadata(): RecordMetadata | undefined {
    return this.#metadata
  }

  currentStreamTimeMs(): number {
    return this.#streamTime
  }

  currentSystemTimeMs(): number {
    return this.#systemTime
  }

  /** Opens a store in memory, for the processor to find. */
  async addStateStore<S>(store: StoreBuilder<S>): Promise<S> {
    const options = { directory: store.name, definitions: [ownMemory(store.definition)], cacheMaxBytes: 1 << 20 }
    const opened = store.open(await openTaskState(options, { engine: memoryEngine() }), () =>
      Math.max(0, this.#streamTime)
    )
    this.#stores.set(store.name, opened)
    return opened
  }

  /** What was forwarded since `resetForwards`, oldest first; with a name, only to that child or to all. */
  forwarded(childName?: string): readonly CapturedForward<KOut, VOut>[] {
    return this.#forwards.filter(forward => childName === undefined || (forward.childName ?? childName) === childName)
  }

  resetForwards(): void {
    this.#forwards.length = 0
  }

  /** What was scheduled, oldest first. */
  scheduledPunctuators(): readonly CapturedPunctuator[] {
    return this.#punctuators
  }

  /** Whether a commit was asked for since `resetCommit`. */
  committed(): boolean {
    return this.#commits > 0
  }

  resetCommit(): void {
    this.#commits = 0
  }

  /** What `recordMetadata` gives from now on. */
  setRecordMetadata(metadata: RecordMetadata | undefined): void {
    this.#metadata = metadata
  }

  /** In ms since the epoch; also the timestamp of what is put into stores. */
  setCurrentStreamTimeMs(time: number): void {
    this.#streamTime = time
  }

  /** In ms since the epoch. Default 0. */
  setCurrentSystemTimeMs(time: number): void {
    this.#systemTime = time
  }
}
