/** A topic that a test writes to. */
import { type Headers, NO_HEADERS, type Serde } from '@millrace/core'
import { encode } from '@millrace/state'
import type { RawRecord } from './test-log.js'
import type { TestRecord } from './test-output-topic.js'

/** Serdes and times of an input topic. */
export interface TestInputOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Timestamp of the first record that is given none, in ms. Default 0. */
  readonly startTimestamp?: number
  /** What each such record adds, in ms. Default 0. */
  readonly advanceMs?: number
}

/** The timestamps of a list of records. */
export interface TestListTimes {
  /** In ms since the epoch. */
  readonly start: number
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

  /** Each with its own timestamp and headers. */
  async pipeRecordList(records: Iterable<TestRecord<K, V>>): Promise<void> {
    for (const { key, value, timestamp, headers } of records) await this.pipeInput(key, value, timestamp, headers)
  }

  /** At the topic's own time; or from `times.start` on, each `times.advanceMs` (default 0) after the one before. */
  async pipeKeyValueList(records: Iterable<readonly [K | null, V | null]>, times?: TestListTimes): Promise<void> {
    let at = times?.start
    for (const [key, value] of records) {
      await this.pipeInput(key, value, at)
      if (at !== undefined) at += times?.advanceMs ?? 0
    }
  }

  /** As `pipeKeyValueList`, without keys. */
  async pipeValueList(values: Iterable<V | null>, times?: TestListTimes): Promise<void> {
    await this.pipeKeyValueList(
      [...values].map(value => [null, value] as const),
      times
    )
  }

  /** Moves the topic's own time on. */
  advanceTime(ms: number): void {
    this.#time += ms
  }
}
