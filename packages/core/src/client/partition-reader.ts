/** Reads one partition from one offset to another, without a group: how stores are restored. */
import { MillraceError } from '@millrace/state'
import type { BrokerConnection, FetchRequest, FetchResult } from '../broker/broker.js'
import type { RecordBatch } from '../broker/record-batch/index.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import { Alarm } from './alarm.js'
import { BackOff } from './back-off.js'
import { brokerErrorOf, isPassing } from './client-errors.js'
import { readFetched, type FetchedBatches } from './fetched-batches.js'
import { Leaders } from './leaders.js'
import { offsetOutOfRange } from './out-of-range.js'

const MAX_WAIT_MS = 500
const FETCH_BYTES = 2 * 1024 * 1024
const AHEAD_BYTES = 8 * 1024 * 1024

export interface ReadPartitionOptions extends TopicPartition {
  /** The first offset to read. */
  readonly from: number
  /** The offset to stop before: at most the log's end, or its last stable offset when reading committed records. */
  readonly to: number
  /** Default `read_committed`. */
  readonly isolation?: FetchRequest['isolation']
  /** Of one fetch. Default 2 MiB. */
  readonly fetchBytes?: number
  /** Fetched bytes that wait for the reader, beyond which the next fetch is put off. Default 8 MiB. */
  readonly aheadBytes?: number
  readonly signal?: AbortSignal
}

export interface ReadPartitionModules {
  readonly connection: Pick<BrokerConnection, 'fetch' | 'describeTopics' | 'listOffsets'>
  readonly logger: Logger
  readonly clock: Clock
}

/**
 * Yields what each fetch brought, while the next fetches run. The first batch may begin before `from`, and the last go
 * on after `to`. Keeps trying while brokers are away.
 *
 * Throws `FETCH_OFFSET_OUT_OF_RANGE`, `RECORD_BATCH_CORRUPT`, what the broker refused for good, or the signal's reason.
 */
export async function* readPartition(
  options: ReadPartitionOptions,
  modules: ReadPartitionModules
): AsyncGenerator<readonly RecordBatch[], void, undefined> {
  const reading = new ReadAhead(options, modules)
  try {
    for (let fetched = await reading.next(); fetched !== undefined; fetched = await reading.next()) {
      if (fetched.batches.length > 0) yield fetched.batches
    }
  } finally {
    await reading.stop()
  }
}

class ReadAhead {
  readonly #options: ReadPartitionOptions
  readonly #modules: ReadPartitionModules
  readonly #leaders: Leaders
  readonly #abort = new AbortController()
  readonly #arrived: Alarm
  readonly #taken: Alarm
  readonly #backOff = new BackOff()
  readonly #queue: FetchedBatches[] = []
  readonly #stopped = () => this.#abort.abort(this.#options.signal?.reason)
  readonly #ended: Promise<void>
  #queuedBytes = 0
  #maxBytes: number
  #state: 'reading' | 'done' | { readonly error: unknown } = 'reading'

  constructor(options: ReadPartitionOptions, modules: ReadPartitionModules) {
    this.#options = options
    this.#modules = modules
    this.#leaders = new Leaders({}, modules)
    this.#arrived = new Alarm(modules)
    this.#taken = new Alarm(modules)
    this.#maxBytes = this.#fetchBytes
    if (options.signal?.aborted === true) this.#stopped()
    options.signal?.addEventListener('abort', this.#stopped)
    this.#abort.signal.addEventListener('abort', () => {
      this.#taken.ring()
      this.#arrived.ring()
    })
    this.#ended = this.#readAll().then(
      () => this.#end('done'),
      (error: unknown) => this.#end({ error })
    )
  }

  get #fetchBytes(): number {
    return this.#options.fetchBytes ?? FETCH_BYTES
  }

  async next(): Promise<FetchedBatches | undefined> {
    for (;;) {
      this.#options.signal?.throwIfAborted()
      const fetched = this.#queue.shift()
      if (fetched !== undefined) {
        this.#queuedBytes -= fetched.sizeInBytes
        this.#taken.ring()
        return fetched
      }
      if (this.#state === 'done') return undefined
      if (this.#state !== 'reading') throw this.#state.error
      await this.#arrived.wait()
    }
  }

  async stop(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#stopped)
    this.#abort.abort()
    await this.#ended
  }

  #end(state: 'done' | { readonly error: unknown }): void {
    this.#state = state
    this.#arrived.ring()
  }

  async #readAll(): Promise<void> {
    const { from, to, aheadBytes = AHEAD_BYTES } = this.#options
    const { signal } = this.#abort
    for (let position = from; position < to && !signal.aborted;) {
      if (this.#queuedBytes >= aheadBytes) {
        await this.#taken.wait()
        continue
      }
      const fetched = await this.#fetch(position)
      if (fetched === undefined) continue
      position = fetched.nextOffset
      this.#queue.push(fetched)
      this.#queuedBytes += fetched.sizeInBytes
      this.#arrived.ring()
    }
  }

  /** Undefined when it brought nothing. */
  async #fetch(offset: number): Promise<FetchedBatches | undefined> {
    const { isolation = 'read_committed' } = this.#options
    const result = await this.#ask(offset, isolation)
    if (result === undefined) return undefined
    if (result.error === 'OFFSET_OUT_OF_RANGE') throw await offsetOutOfRange(result, offset, this.#modules.connection)
    const fetched = readFetched(result, offset, isolation)
    const stuck = fetched.nextOffset === offset
    this.#maxBytes = stuck && result.records.length > 0 ? this.#maxBytes * 2 : this.#fetchBytes
    return stuck ? undefined : fetched
  }

  /** Undefined when it is to be asked again. */
  async #ask(offset: number, isolation: FetchRequest['isolation']): Promise<FetchResult | undefined> {
    const { topic, partition } = this.#options
    const { signal } = this.#abort
    let node: number | undefined
    try {
      node = await this.#leader()
      if (node === undefined || signal.aborted) return undefined
      const partitions = [{ topic, partition, offset, maxBytes: this.#maxBytes }]
      const request = { maxWaitMs: MAX_WAIT_MS, minBytes: 1, maxBytes: this.#maxBytes, isolation, partitions }
      const [result] = await this.#modules.connection.fetch(node, request, signal)
      if (result === undefined) throw refused(this.#options, 'nothing')
      if (result.error !== undefined && result.error !== 'OFFSET_OUT_OF_RANGE') {
        if (!isPassing(result.error) && result.error !== 'UNKNOWN') throw refused(this.#options, result.error)
        await this.#retry(node, result.error)
        return undefined
      }
      this.#backOff.succeeded()
      return result
    } catch (cause) {
      if (signal.aborted) return undefined
      const error = brokerErrorOf(cause)
      if (!isPassing(error)) throw cause
      await this.#retry(node, error!, cause)
      return undefined
    }
  }

  async #leader(): Promise<number | undefined> {
    const { topic } = this.#options
    if (this.#leaders.nodeOf(this.#options) === undefined) await this.#leaders.refresh([topic])
    const node = this.#leaders.nodeOf(this.#options)
    if (node === undefined) await this.#retry(undefined, 'UNKNOWN_TOPIC_OR_PARTITION')
    return node
  }

  async #retry(node: number | undefined, error: string, cause?: unknown): Promise<void> {
    const { topic, partition } = this.#options
    if (node !== undefined) this.#leaders.wrong(this.#options, node)
    if (this.#backOff.fresh) {
      this.#modules.logger.warn({ topic, partition, node, error, cause }, 'cannot read from a partition; trying again')
    }
    if (!this.#abort.signal.aborted) await this.#taken.wait(this.#backOff.failed())
  }
}

function refused(tp: TopicPartition, error: string): MillraceError {
  return new MillraceError(
    error === 'nothing' ? 'FETCH_FAILED' : `BROKER_${error}`,
    `Cannot read topic ${tp.topic}, partition ${tp.partition}: the broker answered ${error}.`,
    { details: { topic: tp.topic, partition: tp.partition, error } }
  )
}
