/** An update that a suppression holds back, in the bytes of its changelog. */
import { ByteWriter, type Serde } from '@millrace/state'
import type { Change } from '../operators/operator.js'
import type { Headers, RecordContext } from '../record.js'
import { decodeFailed } from './serde-errors.js'

/** The last of a row's updates since one was last passed on. */
export interface BufferedChange<V> extends Change<V> {
  /** When its turn comes, in ms; that of the first update. */
  readonly time: number
  /** The row before the first of the updates: what downstream knows of it. */
  readonly priorValue: V | null
  /** Of the last update, whose timestamp it has too. */
  readonly context: RecordContext
}

/** The header that tells this form, Kafka Streams' third, from its earlier ones. */
export const BUFFER_CHANGELOG_HEADERS: Headers = [['v', Buffer.of(3)]]

/** The time of what never has its turn, and Java's largest long for it. */
export const NEVER = Number.MAX_SAFE_INTEGER
const LARGEST_INT64 = Buffer.from('7fffffffffffffff', 'hex')

const NULL = -1
const SAME_AS_PRIOR = -2

/**
 * Where the record came from, the prior, the old and the new value, each behind its length as int32, and the time. Kafka
 * Streams' `BufferValue`.
 */
export function bufferedChangeSerde<V>(value: Serde<V>): Serde<BufferedChange<V>> {
  const name = `buffered ${value.name}`
  return {
    name,
    write(change, out) {
      writeContext(change.context, out)
      writeValues(value, change, out)
      if (change.time === NEVER) out.writeBytes(LARGEST_INT64)
      else out.writeInt64(change.time)
    },
    read(bytes, start, end) {
      const reader = new Reader(bytes, start, end, name)
      const context = readContext(reader)
      const prior = reader.nullable(value)
      const length = reader.int32()
      const oldValue = length === SAME_AS_PRIOR ? prior : reader.valueOf(length, value)
      const newValue = reader.nullable(value)
      return { time: Math.min(reader.int64(), NEVER), priorValue: prior, oldValue, newValue, context }
    }
  }
}

/** int64 timestamp, offset; topic; int32 partition; the headers behind their number. */
const CONTEXT_BYTES = 20
const TIME_BYTES = 8

const scratch = new ByteWriter()

/** What an update with a key of so many bytes takes of a buffer's `maxBytes`; the measure is Kafka Streams'. */
export function bufferedBytes<V>(value: Serde<V>, keyBytes: number, change: BufferedChange<V>): number {
  const { topic, headers } = change.context
  let bytes = TIME_BYTES + keyBytes + CONTEXT_BYTES + topic.length
  for (const [name, content] of headers) bytes += name.length + (content === null ? 0 : content.length)
  scratch.length = 0
  writeValues(value, change, scratch)
  return bytes + scratch.length - 3 * INT32_BYTES
}

const INT32_BYTES = 4

function writeValues<V>(serde: Serde<V>, { priorValue, oldValue, newValue }: BufferedChange<V>, out: ByteWriter): void {
  const prior = out.length
  writeNullable(serde, priorValue, out)
  const old = out.length
  writeNullable(serde, oldValue, out)
  if (oldValue !== null && out.buffer.compare(out.buffer, prior, old, old, out.length) === 0) {
    out.length = old
    writeInt32(SAME_AS_PRIOR, out)
  }
  writeNullable(serde, newValue, out)
}

function writeNullable<V>(serde: Serde<V>, value: V | null, out: ByteWriter): void {
  if (value === null) {
    writeInt32(NULL, out)
    return
  }
  const start = out.reserve(INT32_BYTES)
  out.length = start + INT32_BYTES
  serde.write(value, out)
  out.buffer.writeInt32BE(out.length - start - INT32_BYTES, start)
}

/** Kafka Streams' `ProcessorRecordContext`. */
function writeContext({ timestamp, offset, topic, partition, headers }: RecordContext, out: ByteWriter): void {
  out.writeInt64(timestamp)
  out.writeInt64(offset)
  writeText(topic, out)
  writeInt32(partition, out)
  writeInt32(headers.length, out)
  for (const [name, content] of headers) {
    writeText(name, out)
    writeInt32(content === null ? NULL : content.length, out)
    if (content !== null) out.writeBytes(content)
  }
}

function readContext(reader: Reader): RecordContext {
  const timestamp = reader.int64()
  const offset = reader.int64()
  const topic = reader.text()
  const partition = reader.int32()
  const count = reader.int32()
  const headers: [string, Buffer | null][] = []
  for (let i = 0; i < count; i++) headers.push([reader.text(), reader.copy()])
  return { timestamp, offset, topic, partition, headers }
}

function writeText(text: string, out: ByteWriter): void {
  const start = out.reserve(INT32_BYTES)
  out.length = start + INT32_BYTES
  out.writeUtf8(text)
  out.buffer.writeInt32BE(out.length - start - INT32_BYTES, start)
}

function writeInt32(value: number, out: ByteWriter): void {
  const start = out.reserve(INT32_BYTES)
  out.buffer.writeInt32BE(value, start)
  out.length = start + INT32_BYTES
}

/** Reads on and on, up to an end. */
class Reader {
  readonly #bytes: Buffer
  #at: number
  readonly #end: number
  readonly #name: string

  constructor(bytes: Buffer, start: number, end: number, name: string) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    this.#name = name
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(INT32_BYTES))
  }

  int64(): number {
    const at = this.#take(2 * INT32_BYTES)
    return this.#bytes.readInt32BE(at) * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + INT32_BYTES)
  }

  text(): string {
    const length = this.int32()
    const at = this.#take(length)
    return this.#bytes.toString('utf8', at, at + length)
  }

  copy(): Buffer | null {
    const length = this.int32()
    if (length === NULL) return null
    const at = this.#take(length)
    return Buffer.from(this.#bytes.subarray(at, at + length))
  }

  nullable<V>(serde: Serde<V>): V | null {
    return this.valueOf(this.int32(), serde)
  }

  valueOf<V>(length: number, serde: Serde<V>): V | null {
    if (length === NULL) return null
    const at = this.#take(length)
    return serde.read(this.#bytes, at, at + length)
  }

  #take(count: number): number {
    const at = this.#at
    if (count < 0 || at + count > this.#end) {
      throw decodeFailed(this.#name, `they end where ${count} more are to come`)
    }
    this.#at = at + count
    return at
  }
}
