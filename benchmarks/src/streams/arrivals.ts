/** When the records of a run arrived, and what an application made of them: read from their topics as they come. */
import { type BrokerConnection, type RecordBatch, serdes, silentLogger, systemClock } from '@millrace/core'
import { Fetcher } from '@millrace/core/internal'
import { PARTITIONS } from '../topics.js'
import { order, type Order } from './orders.js'

/** The records themselves, read back; the mapped ones; and the counts that include them. */
export const STAGES = ['input', 'output', 'counts'] as const
export type Stage = (typeof STAGES)[number]

export interface ArrivalsOptions {
  readonly topics: Readonly<Record<Stage, string>>
  /** How many there will be. */
  readonly records: number
  readonly items: number
}

const text = serdes.string()
const int64 = serdes.int64()

export class Arrivals {
  readonly #times: Readonly<Record<Stage, Float64Array>>
  readonly #arrived = { input: 0, output: 0, counts: 0 }
  /** For each key the numbers of its records, in their order. */
  readonly #ofKey = new Map<string, number[]>()
  readonly #counted = new Map<string, number>()
  readonly #fetchers: readonly Fetcher[]
  #failure: Error | undefined

  constructor({ topics, records, items }: ArrivalsOptions, modules: { readonly connection: BrokerConnection }) {
    const times = (): Float64Array => new Float64Array(records).fill(Number.NaN)
    this.#times = { input: times(), output: times(), counts: times() }
    for (let i = 0; i < records; i++) {
      const { item } = order(i, items)
      const numbers = this.#ofKey.get(item)
      if (numbers === undefined) this.#ofKey.set(item, [i])
      else numbers.push(i)
    }
    // One each, so that none waits for another's records.
    this.#fetchers = STAGES.map(stage => this.#read(stage, topics[stage], modules.connection))
  }

  /** By `performance.now()`, for each record; NaN until it comes. */
  times(stage: Stage): Float64Array {
    return this.#times[stage]
  }

  /** How many records have come. Throws what went wrong while reading. */
  count(stage: Stage): number {
    if (this.#failure !== undefined) throw this.#failure
    return this.#arrived[stage]
  }

  async close(): Promise<void> {
    await Promise.all(this.#fetchers.map(fetcher => fetcher.close()))
  }

  #read(stage: Stage, topic: string, connection: BrokerConnection): Fetcher {
    const fail = (error: Error): void => {
      this.#failure ??= error
    }
    const fetcher = new Fetcher(
      { isolation: 'read_uncommitted' },
      {
        connection,
        logger: silentLogger,
        clock: systemClock,
        onBatches: ({ batches }) => {
          const now = performance.now()
          try {
            this.#take(stage, batches, now)
          } catch (error) {
            fail(error as Error)
          }
        },
        onError: fail
      }
    )
    for (let partition = 0; partition < PARTITIONS; partition++) fetcher.add({ topic, partition }, 0)
    return fetcher
  }

  #take(stage: Stage, batches: readonly RecordBatch[], now: number): void {
    for (const batch of batches) {
      const record = batch.cursor()
      while (record.next()) {
        const { bytes, keyStart, keyEnd, valueStart, valueEnd } = record
        if (stage === 'counts') {
          this.#countUpTo(text.read(bytes, keyStart, keyEnd), int64.read(bytes, valueStart, valueEnd), now)
        } else {
          this.#arrive(stage, (JSON.parse(text.read(bytes, valueStart, valueEnd)) as Pick<Order, 'id'>).id, now)
        }
      }
    }
  }

  /** A count is the arrival of all records of its key that the count before it did not include. */
  #countUpTo(key: string, count: number, now: number): void {
    const before = this.#counted.get(key) ?? 0
    if (count <= before) throw new Error(`${key} was counted up to ${before}, and then up to ${count}`)
    const numbers = this.#ofKey.get(key) ?? []
    for (let i = before; i < count; i++) this.#arrive('counts', numbers[i]!, now)
    this.#counted.set(key, count)
  }

  #arrive(stage: Stage, number: number, now: number): void {
    const times = this.#times[stage]
    if (!Number.isNaN(times[number])) throw new Error(`record ${number} came twice, or was never written: ${stage}`)
    times[number] = now
    this.#arrived[stage]++
  }
}
