/** Murmur3 in its 128-bit form for 64-bit machines, as Kafka Streams hashes the left values of foreign-key joins. */

import { latin1Slice } from '@millrace/state'

const SEED = 104_729n
const MASK = 0xffff_ffff_ffff_ffffn
const C1 = 0x87c3_7b91_1142_53d5n
const C2 = 0x4cf5_ad43_2745_937fn
const scratch = Buffer.allocUnsafe(16)

/** The 16 bytes of the hash of `bytes[start, end)` as a latin1 string, both halves big-endian as Java writes them. */
export function murmur3(bytes: Buffer, start: number, end: number): string {
  let h1 = SEED
  let h2 = SEED
  const length = end - start
  const tail = start + (length & ~15)
  for (let at = start; at < tail; at += 16) {
    h1 ^= mixed1(bytes.readBigUInt64LE(at))
    h1 = (rotated(h1, 27n) + h2) & MASK
    h1 = (h1 * 5n + 0x52dc_e729n) & MASK
    h2 ^= mixed2(bytes.readBigUInt64LE(at + 8))
    h2 = (rotated(h2, 31n) + h1) & MASK
    h2 = (h2 * 5n + 0x3849_5ab5n) & MASK
  }
  h2 ^= mixed2(littleEndian(bytes, tail + 8, end))
  h1 ^= mixed1(littleEndian(bytes, tail, Math.min(end, tail + 8)))
  h1 ^= BigInt(length)
  h2 ^= BigInt(length)
  h1 = (h1 + h2) & MASK
  h2 = (h2 + h1) & MASK
  h1 = finished(h1)
  h2 = finished(h2)
  h1 = (h1 + h2) & MASK
  h2 = (h2 + h1) & MASK
  const hash = scratch
  hash.writeBigUInt64BE(h1, 0)
  hash.writeBigUInt64BE(h2, 8)
  return latin1Slice(hash, 0, 16)
}

function mixed1(k: bigint): bigint {
  return (rotated((k * C1) & MASK, 31n) * C2) & MASK
}

function mixed2(k: bigint): bigint {
  return (rotated((k * C2) & MASK, 33n) * C1) & MASK
}

function rotated(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK
}

function finished(value: bigint): bigint {
  let h = value ^ (value >> 33n)
  h = (h * 0xff51_afd7_ed55_8ccdn) & MASK
  h ^= h >> 33n
  h = (h * 0xc4ce_b9fe_1a85_ec53n) & MASK
  return h ^ (h >> 33n)
}

function littleEndian(bytes: Buffer, start: number, end: number): bigint {
  let value = 0n
  for (let at = end - 1; at >= start; at--) value = (value << 8n) | BigInt(bytes[at]!)
  return value
}
