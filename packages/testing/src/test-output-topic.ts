/** A topic that a test reads from. */
import { type Headers, MillraceError, type Serde } from '@millrace/core'
import { decode } from '@millrace/state'
import type { RawRecord } from './test-log.js'

/** A record as a test sees it. */
export interface TestRecord<K, V> {
  readonly key: K | null
  readonly value: V | null
  readonly timestamp: number
  readonly headers: Headers
}

/** Kafka Streams' `TestOutputTopic`. */
export class TestOutputTopic<K, V> {
  readonly #serdes: { readonly key: Serde<K>; readonly value: Serde<V> }
  readonly #reader: { take(): RawRecord | undefined; remaining(): number }

  constructor(
    serdes: { readonly key: Serde<K>; readonly value: Serde<V> },
    reader: { take(): RawRecord | undefined; remaining(): number }
  ) {
    this.#serdes = serdes
    this.#reader = reader
  }

  get isEmpty(): boolean {
    return this.getQueueSize() === 0
  }

  /** How many records were not read yet. */
  getQueueSize(): number {
    return this.#reader.remaining()
  }

  /** The next record. Throws `TEST_TOPIC_EMPTY` when there is none. */
  readRecord(): TestRecord<K, V> {
    const record = this.isEmpty ? undefined : this.#reader.take()
    if (record === undefined) throw new MillraceError('TEST_TOPIC_EMPTY', 'The topic has no more records.')
    const { key, value, timestamp, headers } = record
    return {
      key: key === null ? null : decode(this.#serdes.key, key),
      value: value === null ? null : decode(this.#serdes.value, value),
      timestamp,
      headers
    }
  }

  readKeyValue(): [K | null, V | null] {
    const { key, value } = this.readRecord()
    return [key, value]
  }

  readValue(): V | null {
    return this.readRecord().value
  }

  readRecordsToList(): TestRecord<K, V>[] {
    const records: TestRecord<K, V>[] = []
    while (!this.isEmpty) records.push(this.readRecord())
    return records
  }

  readKeyValuesToList(): [K | null, V | null][] {
    return this.readRecordsToList().map(({ key, value }) => [key, value])
  }

  readValuesToList(): (V | null)[] {
    return this.readRecordsToList().map(({ value }) => value)
  }

  /** The last value per key. */
  readKeyValuesToMap(): Map<K | null, V | null> {
    return new Map(this.readKeyValuesToList())
  }
}
