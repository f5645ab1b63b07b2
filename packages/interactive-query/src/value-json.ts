/** Values as JSON, with a place for what JSON has no word for. */

/**
 * `JSON.stringify` with four additions: a bigint becomes a string of digits, bytes become base64, a Map an array of
 * `[key, value]` pairs, a Set an array. An undefined value becomes null.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, replace) ?? 'null'
}

function replace(this: Record<string, unknown>, name: string, shown: unknown): unknown {
  // `shown` has been through toJSON, which turns a Buffer into an array of numbers: look at the original.
  const value = this[name]
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  }
  if (value instanceof Map || value instanceof Set) return [...value]
  return shown
}
