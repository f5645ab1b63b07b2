/** Windowed keys as Kafka Streams writes them: the key's bytes, then the times. */
import type { ByteWriter, Serde } from '@millrace/state'
import type { Windowed } from '../windowed.js'
import { decodeFailed } from './serde-errors.js'

const TIME_BYTES = 8

/** A serde of windowed keys: records are partitioned by the key alone, so that a key's windows stay together. */
export abstract class WindowedSerde<K> implements Serde<Windowed<K>> {
  readonly name: string
  /** How many bytes the times take, behind those of the key. */
  readonly windowBytes: number
  protected readonly inner: Serde<K>

  constructor(kind: string, inner: Serde<K>, windowBytes: number) {
    this.name = `${kind}(${inner.name})`
    this.inner = inner
    this.windowBytes = windowBytes
  }

  abstract write(value: Windowed<K>, out: ByteWriter): void

  read(bytes: Buffer, start: number, end: number): Windowed<K> {
    const times = end - this.windowBytes
    if (times < start)
      throw decodeFailed(this.name, `there are ${end - start} of them, not at least ${this.windowBytes}`)
    return { key: this.inner.read(bytes, start, times), window: this.readWindow(bytes, times) }
  }

  protected abstract readWindow(bytes: Buffer, at: number): Windowed<K>['window']
}

/** Key bytes, then the start as int64; the end is not written. Kafka's `TimeWindowedSerde`. */
export class TimeWindowedSerde<K> extends WindowedSerde<K> {
  readonly #sizeMs: number

  constructor(inner: Serde<K>, sizeMs: number) {
    super('timeWindowed', inner, TIME_BYTES)
    this.#sizeMs = sizeMs
  }

  write({ key, window }: Windowed<K>, out: ByteWriter): void {
    this.inner.write(key, out)
    out.writeInt64(window.start)
  }

  protected readWindow(bytes: Buffer, at: number): Windowed<K>['window'] {
    const start = Number(bytes.readBigInt64BE(at))
    return { start, end: start + this.#sizeMs }
  }
}

/** Key bytes, then end and start as int64. Kafka's `SessionWindowedSerde`. */
export class SessionWindowedSerde<K> extends WindowedSerde<K> {
  constructor(inner: Serde<K>) {
    super('sessionWindowed', inner, 2 * TIME_BYTES)
  }

  write({ key, window }: Windowed<K>, out: ByteWriter): void {
    this.inner.write(key, out)
    out.writeInt64(window.end)
    out.writeInt64(window.start)
  }

  protected readWindow(bytes: Buffer, at: number): Windowed<K>['window'] {
    return { start: Number(bytes.readBigInt64BE(at + TIME_BYTES)), end: Number(bytes.readBigInt64BE(at)) }
  }
}
