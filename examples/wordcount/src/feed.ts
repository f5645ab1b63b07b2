/** Feeds a text into the input topic, line by line, in turn over the partitions, each line once and for all runs. */
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { NO_HEADERS, RecordBatchWriter, type Clock, type Headers } from '@millrace/core'
import { fedHeaders, progressOf, type FedText, type PartitionProgress } from './fed-texts.js'
import type { Block, TextFile } from './text-file.js'

/** The input topic as the feeder sees it. */
export interface LineLog {
  /** Per partition, the bookmark found last. */
  fedTexts(): Promise<readonly (readonly FedText[])[]>
  /** Takes what the writer holds. */
  send(partition: number, writer: RecordBatchWriter): void
  /** Resolves when there is room for more. */
  ready(): Promise<void>
  /** Resolves when everything is acknowledged. */
  flush(): Promise<void>
}

export interface FeedResult {
  /** Lines written by this call. */
  readonly lines: number
  /** Whether the text is now in the topic to its end. */
  readonly complete: boolean
}

interface Line {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

const BATCH_BYTES = 64 * 1024

/** What feeding needs around it. */
export interface FeedModules {
  readonly log: LineLog
  readonly clock: Clock
  readonly warn: (message: string) => void
  /** Asked before every block. */
  readonly mayGoOn: () => boolean
}

/** Feeds what the topic does not have yet. When it may not go on, it writes the bookmarks for where it stands and ends. */
export async function feed(text: TextFile, modules: FeedModules): Promise<FeedResult> {
  const { log, mayGoOn } = modules
  const progress = await progressOf(text, await log.fedTexts())
  if (progress.every(it => it.bytes === text.size)) return { lines: 0, complete: true }
  const feeder = new Feeder(text, progress, modules)
  let complete = true
  for await (const block of text.blocks()) {
    complete = mayGoOn()
    if (!complete) break
    feeder.feedBlock(block)
    await log.ready()
  }
  feeder.finish()
  await log.flush()
  return { lines: feeder.lines, complete }
}

/** Whether the topic has all of a text. Reads the text, and writes nothing. */
export async function isFed(text: TextFile, log: Pick<LineLog, 'fedTexts'>): Promise<boolean> {
  const progress = await progressOf(text, await log.fedTexts())
  const partitions = progress.length
  let line = 0
  for await (const { bytes, position } of text.blocks()) {
    for (let start = 0; start < bytes.length; line++) {
      if (position + start >= (progress[line % partitions]?.bytes ?? 0)) return false
      start = lineEnd(bytes, start) + 1
    }
  }
  return true
}

/** The state of one pass over a text. */
class Feeder {
  lines = 0
  readonly #text: TextFile
  readonly #progress: readonly PartitionProgress[]
  readonly #modules: FeedModules
  readonly #writers: readonly RecordBatchWriter[]
  /** One line per partition is held back, since only the last of a batch carries the bookmark. */
  readonly #held: (Line | undefined)[]
  readonly #hash = createHash('sha256')
  #hashed = 0
  #lineNumber = 0
  #position = 0
  #warned = false

  constructor(text: TextFile, progress: readonly PartitionProgress[], modules: FeedModules) {
    this.#text = text
    this.#progress = progress
    this.#modules = modules
    this.#writers = progress.map(() => new RecordBatchWriter())
    this.#held = progress.map(() => undefined)
  }

  feedBlock(block: Block): void {
    const { bytes, position } = block
    const valid = isUtf8(bytes)
    for (let start = 0; start < bytes.length;) {
      const end = lineEnd(bytes, start)
      const partition = this.#lineNumber++ % this.#progress.length
      if (position + start >= (this.#progress[partition]?.bytes ?? 0)) {
        this.#release(partition, block, position + start)
        this.#held[partition] = valid ? line(bytes, start, end) : this.#repaired(line(bytes, start, end))
      }
      start = end + 1
    }
    this.#hashUpTo(block, position + bytes.length)
    this.#position = position + bytes.length
  }

  /** Sends what is left, with bookmarks that say how far the text was read. */
  finish(): void {
    for (let partition = 0; partition < this.#held.length; partition++) {
      if (this.#held[partition] !== undefined) this.#append(partition, this.#bookmark(partition, this.#position))
      this.#send(partition)
    }
  }

  /** Appends the line held back, now that another one of its partition begins at `position`. */
  #release(partition: number, block: Block, position: number): void {
    const held = this.#held[partition]
    if (held === undefined) return
    const size = (this.#writers[partition]?.sizeInBytes ?? 0) + held.end - held.start
    if (size < BATCH_BYTES) return this.#append(partition, NO_HEADERS)
    this.#hashUpTo(block, position)
    this.#append(partition, this.#bookmark(partition, position))
    this.#send(partition)
  }

  #append(partition: number, headers: Headers): void {
    const held = this.#held[partition]
    if (held === undefined) return
    this.#writers[partition]?.append(this.#modules.clock.now(), held.bytes, -1, -1, held.start, held.end, headers)
    this.#held[partition] = undefined
    this.lines++
  }

  #send(partition: number): void {
    const writer = this.#writers[partition]
    if (writer !== undefined && writer.recordCount > 0) this.#modules.log.send(partition, writer)
  }

  /** `position` must be where hashing stands. */
  #bookmark(partition: number, position: number): Headers {
    const others = this.#progress[partition]?.others ?? []
    return fedHeaders([...others, { bytes: position, sha256: this.#hash.copy().digest('hex') }])
  }

  #hashUpTo({ bytes, position }: Block, end: number): void {
    this.#hash.update(bytes.subarray(this.#hashed - position, end - position))
    this.#hashed = end
  }

  #repaired(damaged: Line): Line {
    const bytes = damaged.bytes.subarray(damaged.start, damaged.end)
    if (isUtf8(bytes)) return damaged
    if (!this.#warned) {
      this.#warned = true
      this.#modules.warn(
        `${this.#text.path} is not all UTF-8: from line ${this.#lineNumber} on, wrong bytes count as U+FFFD`
      )
    }
    const repaired = Buffer.from(bytes.toString('utf8'))
    return { bytes: repaired, start: 0, end: repaired.length }
  }
}

function lineEnd(bytes: Buffer, start: number): number {
  const end = bytes.indexOf(0x0a, start)
  return end < 0 ? bytes.length : end
}

/** Without the carriage return of a Windows line end. */
function line(bytes: Buffer, start: number, end: number): Line {
  return { bytes, start, end: end > start && bytes[end - 1] === 0x0d ? end - 1 : end }
}
