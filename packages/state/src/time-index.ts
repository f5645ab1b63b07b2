/** Which entries a store over time has, in the order of their times; held in memory. */
import type { ChangelogSuffix } from './bucket-encoder.js'
import { latin1Slice } from './buffer-slices.js'
import { int64Text } from './segment-layout.js'
import { SortedTexts } from './sorted-texts.js'
import type { RestoreRecord } from './store.js'

/** An entry's place; `mapKey` is the latin1 string of its key's bytes. */
export interface EntryPlace {
  readonly time: number
  readonly rank: number
  readonly mapKey: string
}

const INT64_LENGTH = 8

export class TimeIndex {
  readonly #texts = new SortedTexts()

  add(time: number, rank: number, mapKey: string): void {
    this.#texts.add(textOf(time, rank, mapKey))
  }

  delete(time: number, rank: number, mapKey: string): void {
    this.#texts.delete(textOf(time, rank, mapKey))
  }

  /** Takes out the first by time, rank and the bytes of the key, if its time is not after the given one. */
  takeFirst(toMs: number): EntryPlace | undefined {
    const text = this.#texts.first
    if (text === undefined) return undefined
    const time = int64Of(text, 0)
    if (time > toMs) return undefined
    this.#texts.delete(text)
    return { time, rank: int64Of(text, INT64_LENGTH), mapKey: text.slice(2 * INT64_LENGTH) }
  }

  /** Takes in what records of a changelog say, and hands them on. */
  *noting(records: Iterable<RestoreRecord>, suffix: ChangelogSuffix): Generator<RestoreRecord, void> {
    for (const record of records) {
      const keyEnd = record.key.length - suffix.bytes
      // Shorter ones are refused by whoever reads on.
      if (keyEnd >= 0) {
        const [time, rank] = suffix.read(record.key, keyEnd)
        const mapKey = latin1Slice(record.key, 0, keyEnd)
        if (record.value === null) this.delete(time, rank, mapKey)
        else this.add(time, rank, mapKey)
      }
      yield record
    }
  }

  clear(): void {
    this.#texts.clear()
  }
}

function textOf(time: number, rank: number, mapKey: string): string {
  return int64Text(time) + int64Text(rank) + mapKey
}

function int64Of(text: string, at: number): number {
  let value = 0
  for (let i = at; i < at + INT64_LENGTH; i++) value = value * 256 + text.charCodeAt(i)
  return value
}
