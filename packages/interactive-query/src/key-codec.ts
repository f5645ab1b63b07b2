/** Keys between a URL, JSON and the store: which of them a text is depends on the store's key serde. */
import type { StoreDefinition } from '@millrace/core'
import { latin1 } from '@millrace/state'
import { QueryProblem } from './query-problem.js'

/** How the text of a key in a URL is read. */
export type KeyType = 'text' | 'number' | 'json' | 'base64'

const KEY_TYPES: readonly string[] = ['text', 'number', 'json', 'base64'] satisfies readonly KeyType[]

/** Longest key accepted in a URL, in bytes once decoded. */
export const MAX_KEY_BYTES = 16 * 1024

const TYPE_OF_SERDE: ReadonlyMap<string, KeyType> = new Map<string, KeyType>([
  ['string', 'text'],
  ['int64', 'number'],
  ['float64', 'number'],
  ['bytes', 'base64'],
  ['json', 'json'],
  ['msgpack', 'json']
])

/** Reads and orders the keys of one store. */
export interface KeyCodec {
  readonly type: KeyType
  /** The key that a URL's text means. Throws a 400 `KEY_INVALID`, or a 414 `KEY_TOO_LARGE`. */
  parse(text: string): unknown
  /** The key that another instance wrote as JSON. */
  fromJson(json: unknown): unknown
  /** Texts that compare (by code unit) as the store orders the keys. */
  order(key: unknown): string
}

/** `asked` is the request's `type=`; without it the store's key serde decides, and an unknown serde means text. */
export function keyCodec(store: StoreDefinition, asked?: string): KeyCodec {
  if (asked !== undefined && !KEY_TYPES.includes(asked)) {
    throw new QueryProblem(
      400,
      'KEY_TYPE_UNKNOWN',
      `There is no key type of that name; known: ${KEY_TYPES.join(', ')}.`
    )
  }
  const type = (asked as KeyType | undefined) ?? TYPE_OF_SERDE.get(store.key.name) ?? 'text'
  return {
    type,
    parse: text => parseKey(store, type, text),
    fromJson: json => (type === 'base64' && typeof json === 'string' ? Buffer.from(json, 'base64') : json),
    order: key => orderOf(store, key)
  }
}

function parseKey(store: StoreDefinition, type: KeyType, text: string): unknown {
  if (Buffer.byteLength(text) > MAX_KEY_BYTES) {
    throw new QueryProblem(414, 'KEY_TOO_LARGE', `A key may have ${MAX_KEY_BYTES} bytes at most.`)
  }
  switch (type) {
    case 'text':
      return text
    case 'number':
      return parseNumber(store, text)
    case 'json':
      return parseJson(text)
    case 'base64':
      if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw invalidKey('base64 (either alphabet)')
      return Buffer.from(text, 'base64')
  }
}

function parseNumber(store: StoreDefinition, text: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (!Number.isFinite(value)) throw invalidKey('a number')
  if (store.key.name === 'int64' && !Number.isSafeInteger(value)) throw invalidKey('a whole number up to 2^53')
  return value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalidKey('JSON', cause)
  }
}

function orderOf(store: StoreDefinition, key: unknown): string {
  try {
    return latin1(store.key, key)
  } catch (cause) {
    throw invalidKey(`a key of store ${store.name} (serde ${store.key.name})`, cause)
  }
}

function invalidKey(expected: string, cause?: unknown): QueryProblem {
  return new QueryProblem(400, 'KEY_INVALID', `The key must be ${expected}.`, { cause })
}
