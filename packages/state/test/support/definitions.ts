/** Stores for tests: text to numbers. */
import { type Serde, type StoreDefinition, utf8Slice } from '@millrace/state'

export const text: Serde<string> = {
  name: 'text',
  write: (value, out) => out.writeUtf8(value),
  read: utf8Slice
}

export const int64: Serde<number> = {
  name: 'int64',
  write: (value, out) => out.writeInt64(value),
  read: (bytes, start) => Number(bytes.readBigInt64BE(start))
}

export function definition(
  name: string,
  options: { readonly caching?: boolean } = {}
): StoreDefinition<string, number> {
  return { kind: 'key-value', name, key: text, value: int64, logging: true, caching: options.caching ?? false }
}
