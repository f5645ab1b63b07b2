/** The serdes that come with Millrace. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Serde } from '@millrace/state'
import { bytesSerde } from './bytes.js'
import { CustomSerde, type SerdeFunctions } from './custom-serde.js'
import { JsonSerde } from './json.js'
import { msgpackSerde } from './msgpack.js'
import { float64Serde, int64Serde } from './numbers.js'
import type { Windowed } from '../windowed.js'
import { stringSerde } from './string.js'
import { SessionWindowedSerde, TimeWindowedSerde } from './windowed.js'

/**
 * How keys and values become bytes. The first four write what Java's serdes of the same type write.
 *
 * Reading bytes that are no such value throws `SERDE_DECODE_FAILED`, writing a value that has no such bytes
 * `SERDE_ENCODE_FAILED`; the runtime names the record.
 */
export const serdes = {
  /** UTF-8 text. Invalid bytes are read as U+FFFD, as Java reads them. */
  string: (): Serde<string> => stringSerde,

  /** Bytes as they are. */
  bytes: (): Serde<Buffer> => bytesSerde,

  /** Java's `Long`: a signed integer in 8 bytes. Throws `SERDE_INT64_UNSAFE` beyond 2^53 - 1 either way. */
  int64: (): Serde<number> => int64Serde,

  /** Java's `Double`: 8 bytes. */
  float64: (): Serde<number> => float64Serde,

  /**
   * JSON text. With a schema of any library that speaks Standard Schema, values read are checked by it (and become what
   * it makes of them); a misfit is `SERDE_SCHEMA_MISMATCH`. Without one, `T` is taken on trust.
   */
  json,

  /** MessagePack, complete in every record. `T` is taken on trust. */
  msgpack: <T>(): Serde<T> => msgpackSerde as Serde<T>,

  /**
   * Keys of time windows as Kafka's `TimeWindowedSerde` writes them: the key's bytes, then the window's start as int64.
   * Its length is not written, so it is given here, in ms. Records are partitioned by the key alone.
   */
  timeWindowed: <K>(key: Serde<K>, sizeMs: number): Serde<Windowed<K>> => new TimeWindowedSerde(key, sizeMs),

  /**
   * Keys of sessions as Kafka's `SessionWindowedSerde` writes them: the key's bytes, then end and start as int64. Records
   * are partitioned by the key alone.
   */
  sessionWindowed: <K>(key: Serde<K>): Serde<Windowed<K>> => new SessionWindowedSerde(key),

  /**
   * A serde of your own.
   *
   * @example
   * const date = serdes.from({
   *   name: 'date',
   *   encode: (value: Date) => Buffer.from(value.toISOString()),
   *   decode: bytes => new Date(bytes.toString())
   * })
   */
  from: <T>(functions: SerdeFunctions<T>): Serde<T> => new CustomSerde(functions)
} as const

function json<S extends StandardSchemaV1>(schema: S): Serde<StandardSchemaV1.InferOutput<S>>
function json<T = unknown>(): Serde<T>
function json(schema?: StandardSchemaV1): Serde<unknown> {
  return new JsonSerde({ schema })
}
