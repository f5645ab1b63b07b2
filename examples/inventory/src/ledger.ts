/** Writes bookings to the topics `Sales` and `Shipments`. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  ByteWriter,
  NO_HEADERS,
  partitionForKey,
  Producer,
  RecordBatchWriter,
  serdes,
  systemClock,
  type BrokerConnection,
  type Clock,
  type Logger
} from '@millrace/core'
import { itemKey } from './item-key.js'
import { TOPICS } from './topology.js'
import type { Booking, Trade } from './trade.js'

const TICK_MS = 50
/** Where a rate cannot be kept, the rest of the program has its turns all the same. */
const MOST_PER_TICK = 1_000
const quantities = serdes.int64()

export class Ledger {
  readonly #partitions: number
  readonly #producer: Producer
  readonly #clock: Clock
  readonly #bytes = new ByteWriter()
  readonly #batch = new RecordBatchWriter()

  private constructor(options: { readonly partitions: number }, modules: { producer: Producer; clock: Clock }) {
    this.#partitions = options.partitions
    this.#producer = modules.producer
    this.#clock = modules.clock
  }

  /** `partitions` is how many each of the two topics has. */
  static async open(
    options: { readonly partitions: number },
    modules: { readonly connection: BrokerConnection; readonly logger: Logger }
  ): Promise<Ledger> {
    const clock = systemClock
    return new Ledger(options, { producer: await Producer.open({}, { ...modules, clock }), clock })
  }

  /** To the partition of its key, as Kafka's clients choose it. Resolves when there is room for more. */
  async book({ side, key, quantity, lateMs }: Booking): Promise<void> {
    const bytes = this.#bytes
    bytes.length = 0
    itemKey.write(key, bytes)
    const keyEnd = bytes.length
    quantities.write(quantity, bytes)
    this.#batch.append(this.#clock.now() - lateMs, bytes.buffer, 0, keyEnd, keyEnd, bytes.length, NO_HEADERS)
    this.#producer.send(TOPICS[side], partitionForKey(bytes.buffer, 0, keyEnd, this.#partitions), this.#batch)
    await this.#producer.drained()
  }

  /** Books what comes of a trade, so many a second, until the signal aborts. */
  async follow(trade: Trade, options: { readonly rate: number; readonly signal: AbortSignal }): Promise<void> {
    const { rate, signal } = options
    const start = performance.now()
    for (let booked = 0; !signal.aborted; await delay(TICK_MS)) {
      const due = Math.min(((performance.now() - start) * rate) / 1000, booked + MOST_PER_TICK)
      for (; booked < due; booked++) await this.book(trade.next())
    }
  }

  /** Resolves when the broker has acknowledged everything. */
  async flush(): Promise<void> {
    await this.#producer.flush()
  }

  close(): Promise<void> {
    return this.#producer.close()
  }
}
