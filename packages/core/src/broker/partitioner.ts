/** Which partition a key belongs to: the same as the Java client's default. */

const SEED = 0x9747b28c | 0
const M = 0x5bd1e995

/** The 32-bit murmur2 hash of `bytes[start, end)` as the Java client computes it, signed. */
export function murmur2(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  let hash = SEED ^ length
  let i = start
  for (const last = end - 4; i <= last; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    k = Math.imul(k, M)
    k ^= k >>> 24
    hash = Math.imul(hash, M) ^ Math.imul(k, M)
  }
  const rest = end - i
  if (rest > 0) {
    if (rest === 3) hash ^= bytes[i + 2]! << 16
    if (rest >= 2) hash ^= bytes[i + 1]! << 8
    hash = Math.imul(hash ^ bytes[i]!, M)
  }
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}

/** The partition, of `count`, of the key `bytes[start, end)`, as the default partitioner of Kafka's clients chooses it. */
export function partitionForKey(bytes: Uint8Array, start: number, end: number, count: number): number {
  return (murmur2(bytes, start, end) & 0x7fffffff) % count
}
