/** Walks the records of one batch without an object per record. */
import { NO_HEADERS, type Headers } from '../../record.js'
import { corruptBatch } from './corrupt-batch.js'

/** What a cursor needs to know of the batch it walks. */
interface BatchHeader {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly recordCount: number
  readonly firstTimestamp: number
  readonly maxTimestamp: number
  readonly timestampType: 'createTime' | 'logAppendTime'
}

/**
 * Stands before the first record at first; `next` moves it on. The fields hold the current record until the next move.
 *
 * A record that breaks the format throws `RECORD_BATCH_CORRUPT`; the cursor is of no use afterwards.
 */
export class RecordCursor {
  /** Where `keyStart` and the others point into. */
  readonly bytes: Buffer
  offset = -1
  /** Milliseconds since the epoch; -1 for none. */
  timestamp = -1
  /** -1 for a null key. */
  keyStart = -1
  keyEnd = -1
  /** -1 for a null value. */
  valueStart = -1
  valueEnd = -1
  readonly #baseOffset: number
  readonly #firstTimestamp: number
  readonly #lastOffset: number
  /** Set when every record has the time the broker appended the batch. */
  readonly #appendTime: number | undefined
  readonly #end: number
  #position: number
  #remaining: number
  #headersStart = 0
  #headerCount = 0
  #recordEnd = 0

  constructor(batch: BatchHeader, bytes: Buffer, start: number, end: number) {
    this.bytes = bytes
    this.#position = start
    this.#end = end
    this.#remaining = batch.recordCount
    this.#baseOffset = batch.baseOffset
    this.#lastOffset = batch.lastOffset
    this.#firstTimestamp = batch.firstTimestamp
    this.#appendTime = batch.timestampType === 'logAppendTime' ? batch.maxTimestamp : undefined
    this.offset = batch.baseOffset - 1
  }

  /** Moves to the next record; false at the end. */
  next(): boolean {
    if (this.#remaining === 0) return this.#atEnd()
    this.#remaining--
    const length = this.#varint()
    const recordEnd = this.#position + length
    if (length < 0 || recordEnd > this.#end) throw this.#corrupt(`a record of ${length} bytes does not fit`)
    this.#recordEnd = recordEnd
    this.#position++ // attributes, unused by the format
    const timestamp = this.#firstTimestamp + this.#varlong()
    const offset = this.#baseOffset + this.#varint()
    if (offset <= this.offset || offset > this.#lastOffset) throw this.#corrupt(`a record has offset ${offset}`)
    if (!Number.isSafeInteger(timestamp)) throw this.#corrupt('a timestamp is out of range')
    this.offset = offset
    this.timestamp = this.#appendTime ?? timestamp

    const keyLength = this.#varint()
    if (keyLength < -1) throw this.#corrupt(`a key has length ${keyLength}`)
    this.keyStart = keyLength < 0 ? -1 : this.#position
    if (keyLength > 0) this.#position += keyLength
    this.keyEnd = keyLength < 0 ? -1 : this.#position
    const valueLength = this.#varint()
    if (valueLength < -1) throw this.#corrupt(`a value has length ${valueLength}`)
    this.valueStart = valueLength < 0 ? -1 : this.#position
    if (valueLength > 0) this.#position += valueLength
    this.valueEnd = valueLength < 0 ? -1 : this.#position

    const headerCount = this.#varint()
    this.#headerCount = headerCount
    this.#headersStart = this.#position
    // One comparison also catches every field above that ran over: a position only ever grows.
    if (headerCount === 0 ? this.#position !== recordEnd : this.#position > recordEnd || headerCount < 0) {
      throw this.#corrupt('the fields of a record do not fill its length')
    }
    this.#position = recordEnd
    return true
  }

  /** How many headers the current record has, without decoding them. */
  get headerCount(): number {
    return this.#headerCount
  }

  /** Whether the current record's first header has this name (up to 63 bytes), without decoding it. */
  firstHeaderIs(name: Buffer): boolean {
    if (this.#headerCount === 0) return false
    const { bytes } = this
    const start = this.#headersStart
    if (bytes[start] !== name.length << 1) return false
    for (let i = 0; i < name.length; i++) if (bytes[start + 1 + i] !== name[i]) return false
    return true
  }

  /** The current record's headers, decoded at every call; the values are views into `bytes`. */
  headers(): Headers {
    const count = this.#headerCount
    if (count === 0) return NO_HEADERS
    const end = this.#recordEnd
    // A header takes two bytes or more, so that a hostile count cannot ask for more memory than the record has.
    if (count > (end - this.#headersStart) / 2) throw this.#corrupt(`a record claims ${count} headers`)
    this.#position = this.#headersStart
    const headers: [string, Buffer | null][] = []
    for (let i = 0; i < count; i++) {
      const name = this.#range(this.#varint(), end).toString('utf8')
      const length = this.#varint()
      headers.push([name, length === -1 ? null : this.#range(length, end)])
    }
    if (this.#position !== end) throw this.#corrupt('the headers of a record do not fill its length')
    return headers
  }

  #range(length: number, end: number): Buffer {
    const start = this.#position
    if (length < 0 || start + length > end) throw this.#corrupt(`a header part of ${length} bytes does not fit`)
    this.#position = start + length
    return this.bytes.subarray(start, start + length)
  }

  #atEnd(): boolean {
    if (this.#position !== this.#end) throw this.#corrupt('bytes are left after its last record')
    return false
  }

  #varint(): number {
    const bytes = this.bytes
    // Beyond the buffer a byte reads as undefined, which counts as 0 here and ends the number.
    let byte = bytes[this.#position++]!
    let value = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      if (shift > 28) throw this.#corrupt('an integer has more than 5 bytes')
      byte = bytes[this.#position++]!
      value |= (byte & 0x7f) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }

  #varlong(): number {
    const bytes = this.bytes
    let byte = bytes[this.#position++]!
    const sign = byte & 1
    let magnitude = (byte & 0x7f) >>> 1
    let scale = 64
    for (let count = 1; byte > 0x7f; count++) {
      if (count === 10) throw this.#corrupt('an integer has more than 10 bytes')
      byte = bytes[this.#position++]!
      magnitude += (byte & 0x7f) * scale
      scale *= 128
    }
    return sign === 0 ? magnitude : -magnitude - 1
  }

  #corrupt(what: string): Error {
    return corruptBatch(this.#baseOffset, what)
  }
}
