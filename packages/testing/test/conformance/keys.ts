/** What keys are and how they look: plain ones, and those of windows as `key@start/end`. */
import { asText } from './expression.js'

export type Keys = 'plain' | 'session' | { readonly windowMs: number }

/** The key of a record in an output topic. */
export function keyText(keys: Keys, bytes: Buffer | null): string | null {
  if (bytes === null) return null
  if (keys === 'plain') return valueText(bytes)
  const times = bytes.length - (keys === 'session' ? 16 : 8)
  const key = valueText(bytes.subarray(0, times))!
  if (keys === 'session') return `${key}@${long(bytes, times + 8)}/${long(bytes, times)}`
  const start = long(bytes, times)
  return `${key}@${start}/${windowEnd(start, keys.windowMs)}`
}

/** Text, or a number where the bytes are one. */
export function valueText(bytes: Buffer | null): string | null {
  return bytes === null ? null : asText(bytes.length === 8 && bytes[0]! % 255 === 0 ? long(bytes, 0) : bytes.toString())
}

function long(bytes: Buffer, at: number): bigint {
  return bytes.readBigInt64BE(at)
}

/** As Java, which stops at the largest long. */
function windowEnd(start: bigint, windowMs: number): bigint {
  const largest = 2n ** 63n - 1n
  const end = windowMs === Infinity ? largest : start + BigInt(windowMs)
  return end > largest ? largest : end
}
