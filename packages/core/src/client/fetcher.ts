/** Reads partitions ahead of whoever processes them: one long poll per leader, always under way. */
import { MillraceError } from '@millrace/state'
import type { BrokerConnection, FetchRequest, FetchResult } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import { Alarm } from './alarm.js'
import { BackOff } from './back-off.js'
import { asMillraceError, brokerErrorOf, isPassing } from './client-errors.js'
import { FetchLoop } from './fetch-loop.js'
import { FetchPosition } from './fetch-position.js'
import { readFetched, type FetchedBatches } from './fetched-batches.js'
import { Leaders } from './leaders.js'
import { offsetOutOfRange } from './out-of-range.js'
import { partitionKey } from './partition-key.js'

export type { FetchedBatches } from './fetched-batches.js'

const MAX_WAIT_MS = 500
const MAX_BYTES = 16 * 1024 * 1024
const PARTITION_BYTES = 1024 * 1024
/** A batch is not larger than a broker can be told to accept. */
const LARGEST_BATCH_BYTES = 0x7fff_ffff

export interface FetcherOptions {
  readonly isolation: FetchRequest['isolation']
  /** How long the broker holds a poll that finds nothing. Default 500. */
  readonly maxWaitMs?: number
  /** Default 1: any record ends the wait. */
  readonly minBytes?: number
  /** Of one reply. Default 16 MiB. */
  readonly maxBytes?: number
  /** Of each of so many partitions in one reply; a batch that is larger comes whole all the same. Default 1 MiB. */
  readonly partitionBytes?: (partitions: number) => number
}

export interface FetcherModules {
  readonly connection: Pick<BrokerConnection, 'fetch' | 'describeTopics' | 'listOffsets'>
  readonly logger: Logger
  readonly clock: Clock
  /** In offset order per partition. The next fetch goes out when it returns: `pause` to hold it back. */
  onBatches(fetched: FetchedBatches): void
  /**
   * With a partition: it is not fetched until it is added anew. Codes: `FETCH_OFFSET_OUT_OF_RANGE` (details: topic,
   * partition, offset, logStart, logEnd), `RECORD_BATCH_CORRUPT`, `BROKER_AUTHORIZATION_FAILED`. Without one: nothing is
   * fetched any longer.
   */
  onError(error: MillraceError, tp?: TopicPartition): void
}

/** `add`, `remove`, `pause` and `resume` take effect at once: nothing that was under way before comes through after. */
export class Fetcher {
  readonly #options: Required<FetcherOptions>
  readonly #modules: FetcherModules
  readonly #leaders: Leaders
  readonly #positions = new Map<string, FetchPosition>()
  readonly #loops = new Map<number, FetchLoop>()
  readonly #outages = new Set<number>()
  readonly #homeless: Alarm
  #findingHomes = false
  #closed = false

  constructor(options: FetcherOptions, modules: FetcherModules) {
    this.#options = {
      isolation: options.isolation,
      maxWaitMs: options.maxWaitMs ?? MAX_WAIT_MS,
      minBytes: options.minBytes ?? 1,
      maxBytes: options.maxBytes ?? MAX_BYTES,
      partitionBytes: options.partitionBytes ?? (() => PARTITION_BYTES)
    }
    this.#modules = modules
    this.#leaders = new Leaders({}, modules)
    this.#homeless = new Alarm(modules)
  }

  /** Begins at `offset`, or begins anew there if the partition is being fetched already. */
  add(tp: TopicPartition, offset: number): void {
    if (this.#closed) return
    this.remove(tp)
    const position = new FetchPosition(tp, offset)
    this.#positions.set(partitionKey(tp), position)
    this.#findHome(position)
  }

  remove(tp: TopicPartition): void {
    const key = partitionKey(tp)
    const position = this.#positions.get(key)
    if (position === undefined) return
    this.#positions.delete(key)
    if (position.node !== undefined) this.#loops.get(position.node)?.less()
  }

  /** What each partition is asked for in one reply, as there are so many of them. */
  get partitionBytes(): number {
    return this.#options.partitionBytes(this.#positions.size)
  }

  /** What is under way for it is kept for `resume`. */
  pause(tp: TopicPartition): void {
    const position = this.#positions.get(partitionKey(tp))
    if (position !== undefined) position.paused = true
  }

  resume(tp: TopicPartition): void {
    const position = this.#positions.get(partitionKey(tp))
    if (position === undefined || !position.paused) return
    position.paused = false
    if (position.held !== undefined) queueMicrotask(() => this.#release(position))
    else this.#fetchMore(position)
  }

  /** The offset of the next record that `onBatches` will get; undefined for a partition that was not added. */
  position(tp: TopicPartition): number | undefined {
    const position = this.#positions.get(partitionKey(tp))
    return position?.held?.asked ?? position?.offset
  }

  /** When the broker last said that a partition has nothing from this offset on; -1 where it has, or has not said. */
  quietUntil(tp: TopicPartition, offset: number): number {
    const position = this.#positions.get(partitionKey(tp))
    return position !== undefined && position.offset === offset ? position.quietAt : -1
  }

  /** Nothing is called back from here on. */
  async close(): Promise<void> {
    this.#closed = true
    this.#positions.clear()
    this.#homeless.ring()
    for (const loop of this.#loops.values()) loop.stop()
    await Promise.all([...this.#loops.values()].map(loop => loop.ended))
  }

  #maxBytesOf(position: FetchPosition): number {
    return Math.max(this.partitionBytes, position.leastBytes)
  }

  #isCurrent(position: FetchPosition): boolean {
    return this.#positions.get(partitionKey(position)) === position
  }

  #fetchMore(position: FetchPosition): void {
    if (position.node !== undefined) this.#loops.get(position.node)?.more()
  }

  #onResult(position: FetchPosition, asked: number, result: FetchResult): void {
    if (!this.#isCurrent(position) || position.offset !== asked || position.halted) return
    if (result.error !== undefined) {
      this.#onPartitionError(position, result)
      return
    }
    position.troubled = false
    let fetched: FetchedBatches
    try {
      fetched = readFetched(result, asked, this.#options.isolation)
    } catch (error) {
      this.#halt(position, asMillraceError(error, 'FETCH_FAILED', 'Cannot read what was fetched'))
      return
    }
    if (fetched.nextOffset === asked) {
      // A first batch that does not fit: brokers send it whole only when it is the first of the whole reply (KIP-74).
      if (result.records.length > 0) position.leastBytes = Math.min(this.#maxBytesOf(position) * 2, LARGEST_BATCH_BYTES)
      // Records of a transaction that is open are there, but not to be read yet.
      position.quietAt = result.highWatermark > asked ? -1 : this.#modules.clock.now()
      return
    }
    position.quietAt = -1
    position.offset = fetched.nextOffset
    position.leastBytes = 0
    // To the end of the queue: the reply has room for the others first next time.
    this.#positions.delete(partitionKey(position))
    this.#positions.set(partitionKey(position), position)
    if (position.paused) position.held = { fetched, asked }
    else this.#modules.onBatches(fetched)
  }

  #release(position: FetchPosition): void {
    if (!this.#isCurrent(position) || position.paused || position.held === undefined) return
    const { fetched } = position.held
    position.held = undefined
    this.#fetchMore(position)
    this.#modules.onBatches(fetched)
  }

  #onPartitionError(position: FetchPosition, result: FetchResult): void {
    const { topic, partition, error } = result
    if (error === 'OFFSET_OUT_OF_RANGE') {
      void this.#onOutOfRange(position, result)
    } else if (isPassing(error) || error === 'UNKNOWN') {
      this.#logTrouble(position, error!)
      this.#moveAway(position)
    } else {
      const advice = error === 'AUTHORIZATION_FAILED' ? ' Grant READ on the topic to this user.' : ''
      this.#halt(
        position,
        new MillraceError(
          `BROKER_${error}`,
          `Cannot read topic ${topic}, partition ${partition}: the broker answered ${error}.${advice}`,
          {
            details: { topic, partition, offset: position.offset, error }
          }
        )
      )
    }
  }

  async #onOutOfRange(position: FetchPosition, result: FetchResult): Promise<void> {
    position.halted = true
    try {
      const error = await offsetOutOfRange(result, position.offset, this.#modules.connection)
      if (this.#isCurrent(position)) this.#modules.onError(error, position)
    } catch (cause) {
      if (!this.#isCurrent(position)) return
      if (!isPassing(brokerErrorOf(cause))) {
        this.#modules.onError(asMillraceError(cause, 'FETCH_FAILED', 'Cannot find the ends of a log'), position)
        return
      }
      // The next fetch will come here again.
      position.halted = false
      this.#moveAway(position)
    }
  }

  #halt(position: FetchPosition, error: MillraceError): void {
    position.halted = true
    this.#modules.onError(error, position)
  }

  #logTrouble(position: FetchPosition, error: string): void {
    if (position.troubled) return
    position.troubled = true
    const { topic, partition, offset } = position
    this.#modules.logger.warn({ topic, partition, offset, error }, 'cannot read from a partition; trying again')
  }

  #moveAway(position: FetchPosition): void {
    if (position.node !== undefined) this.#leaders.wrong(position, position.node)
    position.node = undefined
    this.#findHome(position)
  }

  #findHome(position: FetchPosition): void {
    const node = this.#leaders.nodeOf(position)
    if (node !== undefined) this.#moveTo(position, node)
    else if (this.#findingHomes) this.#homeless.ring()
    else void this.#findHomes()
  }

  #moveTo(position: FetchPosition, node: number): void {
    position.node = node
    const loop = this.#loops.get(node)
    if (loop === undefined) this.#loops.set(node, this.#loop(node))
    else loop.more()
  }

  async #findHomes(): Promise<void> {
    this.#findingHomes = true
    const backOff = new BackOff()
    try {
      for (;;) {
        await Promise.resolve() // partitions added in the same turn come along
        const homeless = this.#settleKnown()
        if (homeless.length === 0 || this.#closed) return
        await this.#refreshLeaders(homeless)
        const stillHomeless = this.#settleKnown().length > 0
        if (stillHomeless && !this.#closed) await this.#homeless.wait(backOff.failed())
      }
    } catch (error) {
      this.#fatal(error, 'Cannot find the leaders of the partitions to read')
    } finally {
      this.#findingHomes = false
    }
  }

  /** Moves partitions to their leaders, and returns those whose leaders are not known. */
  #settleKnown(): FetchPosition[] {
    const homeless: FetchPosition[] = []
    for (const position of this.#positions.values()) {
      if (position.node !== undefined || position.halted) continue
      const node = this.#leaders.nodeOf(position)
      if (node === undefined) homeless.push(position)
      else this.#moveTo(position, node)
    }
    return homeless
  }

  async #refreshLeaders(homeless: readonly FetchPosition[]): Promise<void> {
    try {
      await this.#leaders.refresh(homeless.map(({ topic }) => topic))
    } catch (cause) {
      const error = brokerErrorOf(cause)
      if (!isPassing(error)) throw cause
      for (const position of homeless) this.#logTrouble(position, error!)
    }
  }

  #loop(node: number): FetchLoop {
    const { isolation, maxWaitMs, minBytes, maxBytes } = this.#options
    const { connection, clock } = this.#modules
    return new FetchLoop(
      { node, limits: { isolation, maxWaitMs, minBytes, maxBytes } },
      {
        connection,
        clock,
        positions: () => [...this.#positions.values()].filter(position => position.node === node && position.wanted),
        maxBytesOf: position => this.#maxBytesOf(position),
        isCurrent: position => this.#isCurrent(position),
        onResult: (position, asked, result) => this.#onResult(position, asked, result),
        onFailure: (error, positions) => this.#onNodeFailure(node, error, positions),
        onAnswer: () => this.#outages.delete(node)
      }
    )
  }

  #onNodeFailure(node: number, cause: unknown, positions: readonly FetchPosition[]): boolean {
    const error = brokerErrorOf(cause)
    if (!isPassing(error) && error !== 'UNKNOWN') {
      this.#fatal(cause, `Cannot read from broker ${node}`)
      return false
    }
    if (!this.#outages.has(node)) {
      this.#outages.add(node)
      this.#modules.logger.warn({ node, cause }, 'cannot read from a broker; trying again')
    }
    for (const position of positions) if (this.#isCurrent(position)) this.#moveAway(position)
    return true
  }

  #fatal(cause: unknown, what: string): void {
    if (this.#closed) return
    this.#closed = true
    for (const loop of this.#loops.values()) loop.stop()
    this.#modules.onError(asMillraceError(cause, 'FETCH_FAILED', what))
  }
}
