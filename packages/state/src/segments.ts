/** Which segments of time a store has entries in, and which of them have expired. */
import type { StateDatabase } from './engine.js'
import { int64Text, NEWEST_TIME, segmentOf, textRange } from './segment-layout.js'

export class Segments {
  /** The newest time put or restored since the store was opened; -1 before. */
  observed = -1
  readonly #retentionMs: number
  readonly #intervalMs: number
  readonly #prefix: number
  /** Ascending; those that were emptied by deletions may be among them. */
  readonly known: number[] = []
  /** Everything below is gone from the database. */
  #cleared = 0
  #stored = -1

  constructor(options: { readonly retentionMs: number; readonly intervalMs: number; readonly prefix: number }) {
    this.#retentionMs = options.retentionMs
    this.#intervalMs = options.intervalMs
    this.#prefix = options.prefix
  }

  of(time: number): number {
    return Math.floor(time / this.#intervalMs)
  }

  startOf(segment: number): number {
    return segment * this.#intervalMs
  }

  /** The last time within the segment. */
  endOf(segment: number): number {
    return (segment + 1) * this.#intervalMs - 1
  }

  /** What is at least as old is no longer found. */
  get expiredAt(): number {
    return this.observed - this.#retentionMs
  }

  get leastLive(): number {
    return this.#leastLiveAt(this.observed)
  }

  /** Notes that time has come so far. */
  observe(time: number): void {
    if (time > this.observed) this.observed = time
  }

  /** Notes that there is an entry at this time. */
  add(time: number): void {
    this.observe(time)
    const segment = this.of(time)
    const known = this.known
    if (known.at(-1) === segment) return
    let place = known.length
    while (place > 0 && known[place - 1]! > segment) place--
    if (known[place - 1] !== segment) known.splice(place, 0, segment)
  }

  /** To be called when entries are on their way to the database. */
  writing(): void {
    if (this.observed > this.#stored) this.#stored = this.observed
  }

  /** Nothing is after this time. */
  get newest(): number {
    return Math.max(this.observed, this.#stored)
  }

  /**
   * The database has nothing after this time. Where time goes on evenly, most of what is looked up is newer, and needs no look
   * into the database to be found absent.
   */
  get stored(): number {
    return this.#stored
  }

  /** Those that may have entries within the times, both included; ascending. */
  within(fromMs: number, toMs: number): readonly number[] {
    const known = this.known
    const first = this.of(fromMs)
    const last = this.of(toMs)
    if (known.length === 0 || (known[0]! >= first && known.at(-1)! <= last)) return known
    return known.filter(segment => segment >= first && segment <= last)
  }

  /** Finds the segments there are, from one to the next; forgets what was known. */
  async open(database: StateDatabase): Promise<void> {
    this.observed = -1
    this.known.length = 0
    this.#cleared = 0
    this.#stored = -1
    let range = textRange(this.#prefix, '', NEWEST_TIME)
    for (;;) {
      const segment = await firstSegment(database, range)
      if (segment === undefined) return
      this.known.push(segment)
      this.#stored = this.endOf(segment)
      range = { gte: textRange(this.#prefix, int64Text(segment + 1), '').gte, lt: range.lt }
    }
  }

  /** Deletes what has expired by a time. */
  async expire(time: number, database: StateDatabase): Promise<void> {
    const leastLive = this.#leastLiveAt(time)
    if (leastLive <= this.#cleared) return
    this.#cleared = leastLive
    const expired = this.known.findIndex(segment => segment >= leastLive)
    const removed = this.known.splice(0, expired < 0 ? this.known.length : expired)
    if (removed.length > 0) await database.clear(textRange(this.#prefix, int64Text(0), int64Text(leastLive)))
  }

  #leastLiveAt(time: number): number {
    return Math.max(0, this.of(time - this.#retentionMs))
  }
}

async function firstSegment(
  database: StateDatabase,
  range: { readonly gte: Buffer; readonly lt: Buffer }
): Promise<number | undefined> {
  for await (const [key] of database.iterate(range)) return segmentOf(key)
  return undefined
}
