/** A topic that a test writes to. */
import { type Headers, NO_HEADERS, type Serde } from '@millrace/core'
import { encode } from '@millrace/state'
import type { RawRecord } from './test-log.js'

/** Serdes and times of an input topic. */
export interface TestInputOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Timestamp of the first record that is given none, in ms. Default 0. */
  readonly startTimestamp?: number
  /** What each such record adds, in ms. Default 0. */
  readonly advanceMs?: number
}

/** Kafka Streams' `TestInputTopic`. Each call resolves when the record has gone all the way through. */
export class TestInputTopic<K, V> {
  readonly #options: TestInputOptions<K, V>
  readonly #pipe: (record: RawRecord) => Promise<void>
  #time: number

  constructor(options: TestInputOptions<K, V>, pipe: (record: RawRecord) => Promise<void>) {
    this.#options = options
    this.#pipe = pipe
    this.#time = options.startTimestamp ?? 0
  }

  /** Writes a record; without a timestamp, at the topic's own time, which then advances. */
  async pipeInput(key: K | null, value: V | null, timestamp?: number, headers: Headers = NO_HEADERS): Promise<void> {
    const { key: keySerde, value: valueSerde, advanceMs = 0 } = this.#options
    const at = timestamp ?? this.#time
    if (timestamp === undefined) this.#time += advanceMs
    await this.#pipe({
      key: key === null ? null : encode(keySerde, key),
      value: value === null ? null : encode(valueSerde, value),
      timestamp: at,
      headers
    })
  }

  /** Writes bytes as they are, for tests of what does not decode. */
  async pipeBytes(key: Buffer | null, value: Buffer | null, timestamp = this.#time): Promise<void> {
    await this.#pipe({ key, value, timestamp, headers: NO_HEADERS })
  }

  async pipeKeyValueList(records: Iterable<readonly [K | null, V | null]>): Promise<void> {
    for (const [key, value] of records) await this.pipeInput(key, value)
  }

  async pipeValueList(values: Iterable<V | null>): Promise<void> {
    for (const value of values) await this.pipeInput(null, value)
  }

  /** Moves the topic's own time on. */
  advanceTime(ms: number): void {
    this.#time += ms
  }
}
