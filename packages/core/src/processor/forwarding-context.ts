/** The context of one processor in one task. */
import { MillraceError } from '@millrace/state'
import { fanOut } from '../operators/fan-out.js'
import type { OperatorRuntime, Process, PunctuationType, ScheduleOptions } from '../operators/operator.js'
import { contextOfTime, type RecordContext } from '../record.js'
import { forwardRecord } from './forward-record.js'
import type { KeyValueStore } from './key-value-store.js'
import type { StreamRecord } from './processor.js'
import type { Cancellable, ProcessorContext, Punctuator, RecordMetadata } from './processor-context.js'
import { readOnlyStore } from './read-only-store.js'
import { openStore, type StoreBuilder } from './stores.js'

export class ForwardingContext implements ProcessorContext {
  readonly #runtime: OperatorRuntime
  readonly #children: ReadonlyMap<string, Process>
  readonly #all: Process
  readonly #now = (): number => this.#during('write to a store', this.#timestamp)
  /** Undefined while nothing is processed. */
  #context: RecordContext | undefined
  #timestamp = -1

  constructor(
    options: { readonly children: readonly string[] },
    modules: { readonly runtime: OperatorRuntime; readonly downstreams: readonly Process[] }
  ) {
    const { runtime, downstreams } = modules
    this.#runtime = runtime
    this.#children = new Map(options.children.map((name, i) => [name, downstreams[i]!]))
    this.#all = fanOut(downstreams)
  }

  get applicationId(): string {
    return this.#runtime.applicationId
  }

  get taskId(): string {
    return this.#runtime.taskId
  }

  /** What follows belongs to this record, until `end`. */
  begin(timestamp: number, context: RecordContext): void {
    this.#timestamp = timestamp
    this.#context = context
  }

  end(): void {
    this.#context = undefined
  }

  /** What `act` does belongs to this record, and what follows to the one before. */
  during(timestamp: number, context: RecordContext, act: () => void): void {
    const [timestampBefore, contextBefore] = [this.#timestamp, this.#context]
    this.begin(timestamp, context)
    try {
      act()
    } finally {
      this.#timestamp = timestampBefore
      this.#context = contextBefore
    }
  }

  /** Of the record that is being processed. */
  get recordContext(): RecordContext {
    return this.#during('process a record', this.#context)!
  }

  forward(record: StreamRecord<unknown, unknown>, childName?: string): void {
    const context = this.#during('forward a record', this.#context)!
    const to = childName === undefined ? this.#all : this.#child(childName)
    forwardRecord(record, { node: this.#runtime.node, to, context })
  }

  store<S>(store: StoreBuilder<S>): S
  store<S = KeyValueStore<any, any>>(name: string): S
  store(store: StoreBuilder | string): unknown {
    const runtime = this.#runtime
    const { node, storeNames } = runtime
    const name = typeof store === 'string' ? store : store.name
    const global = storeNames.includes(name) ? undefined : runtime.globalStore(name)
    if (global === undefined && !storeNames.includes(name)) {
      throw new MillraceError(
        'STORE_NOT_CONNECTED',
        `${node} is not connected to store ${name}; it has ${storeNames.join(', ') || 'none'}. ` +
          'Pass the store among the options of the operator.',
        { details: { node, store: name } }
      )
    }
    const state = global === undefined ? runtime : { ...runtime, store: () => readOnlyStore(global, node) }
    return typeof store === 'string'
      ? openStore(runtime.definition(name), state, this.#now)
      : store.open(state, this.#now)
  }

  schedule(intervalMs: number, type: PunctuationType, punctuator: Punctuator, options?: ScheduleOptions): Cancellable {
    const cancel = this.#runtime.schedule(intervalMs, type, time => this.#punctuate(punctuator, time), options)
    return { cancel }
  }

  commit(): void {
    this.#runtime.requestCommit()
  }

  recordMetadata(): RecordMetadata | undefined {
    if (this.#context === undefined || this.#context.partition < 0) return undefined
    const { topic, partition, offset } = this.#context
    return { topic, partition, offset }
  }

  currentStreamTimeMs(): number {
    return this.#runtime.streamTime()
  }

  currentSystemTimeMs(): number {
    return this.#runtime.wallClockTime()
  }

  #punctuate(punctuator: Punctuator, time: number): void | Promise<void> {
    this.begin(time, contextOfTime(time))
    let running: void | Promise<void> = undefined
    try {
      running = punctuator(time)
    } finally {
      if (!(running instanceof Promise)) this.end()
    }
    return running instanceof Promise ? running.finally(() => this.end()) : undefined
  }

  #child(name: string): Process {
    const child = this.#children.get(name)
    if (child !== undefined) return child
    const { node } = this.#runtime
    const children = [...this.#children.keys()]
    throw new MillraceError(
      'PROCESSOR_UNKNOWN_CHILD',
      `${node} forwards to ${name}, which is none of its children: ${children.join(', ') || 'it has none'}.`,
      { details: { node, child: name, children } }
    )
  }

  #during<T>(what: string, value: T): T {
    if (this.#context !== undefined) return value
    const { node } = this.#runtime
    throw new MillraceError(
      'PROCESSOR_IDLE',
      `${node} wants to ${what} while it processes nothing, so that no commit would cover it. ` +
        'Do so within process(), or within a punctuator before its promise is fulfilled.',
      { details: { node } }
    )
  }
}
