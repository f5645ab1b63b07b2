/** JSON as UTF-8 text, checked by a schema where one is given. */
import { isUtf8 } from 'node:buffer'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MillraceError, type ByteWriter, type Serde, utf8Slice } from '@millrace/state'
import { decodeFailed, encodeFailed, reasonOf } from './serde-errors.js'

const REPLACEMENT_CHARACTER = '\ufffd'

export class JsonSerde<T> implements Serde<T> {
  readonly name = 'json'
  readonly #schema: StandardSchemaV1<unknown, T> | undefined

  constructor(options: { readonly schema?: StandardSchemaV1<unknown, T> | undefined } = {}) {
    this.#schema = options.schema
  }

  write(value: T, out: ByteWriter): void {
    let text: string | undefined
    try {
      text = JSON.stringify(value)
    } catch (error) {
      throw encodeFailed(this.name, reasonOf(error), error)
    }
    if (text === undefined) throw encodeFailed(this.name, `JSON has no form for a value of type ${typeof value}`)
    out.writeUtf8(text)
  }

  read(bytes: Buffer, start: number, end: number): T {
    const text = utf8Slice(bytes, start, end)
    if (text.includes(REPLACEMENT_CHARACTER) && !isUtf8(bytes.subarray(start, end))) {
      throw decodeFailed(this.name, 'they are not UTF-8')
    }
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      throw decodeFailed(this.name, reasonOf(error), error)
    }
    return this.#schema === undefined ? (value as T) : this.#checked(this.#schema, value)
  }

  #checked(schema: StandardSchemaV1<unknown, T>, value: unknown): T {
    const result = schema['~standard'].validate(value)
    if (result instanceof Promise) {
      throw new MillraceError(
        'SERDE_SCHEMA_ASYNC',
        `The schema (${schema['~standard'].vendor}) validates asynchronously, which a serde cannot wait for. ` +
          'Leave out its asynchronous checks.'
      )
    }
    if (result.issues === undefined) return result.value
    const issues = result.issues.map(({ message, path = [] }) => ({ message, path: path.map(pathSegment).join('.') }))
    const texts = issues.map(({ message, path }) => (path === '' ? message : `${path}: ${message}`))
    throw new MillraceError('SERDE_SCHEMA_MISMATCH', `The JSON does not fit the schema: ${texts.join('; ')}`, {
      details: { serde: this.name, issues }
    })
  }
}

function pathSegment(segment: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof segment === 'object' ? segment.key : segment)
}
