/**
 * Murmur3 in its 128-bit form for 64-bit machines, as Kafka Streams hashes the left values of foreign-key joins. With 64-bit
 * numbers as pairs of 32-bit ones: 1.6 µs for 100 bytes, where BigInt takes 12.
 */
import { latin1Slice } from '@millrace/state'

const SEED = 104_729
const C1_HIGH = 0x87c3_7b91
const C1_LOW = 0x1142_53d5
const C2_HIGH = 0x4cf5_ad43
const C2_LOW = 0x2745_937f
const scratch = Buffer.allocUnsafe(16)

/** The result of the last step of arithmetic. */
let high = 0
let low = 0

/** The 16 bytes of the hash of `bytes[start, end)` as a latin1 string, both halves big-endian as Java writes them. */
export function murmur3(bytes: Buffer, start: number, end: number): string {
  let h1High = 0
  let h1Low = SEED
  let h2High = 0
  let h2Low = SEED
  const length = end - start
  const tail = start + (length & ~15)
  for (let at = start; at < tail; at += 16) {
    mix1(bytes.readInt32LE(at + 4), bytes.readInt32LE(at))
    rotate(h1High ^ high, h1Low ^ low, 27)
    add(high, low, h2High, h2Low)
    multiply(high, low, 0, 5)
    add(high, low, 0, 0x52dc_e729)
    h1High = high
    h1Low = low
    mix2(bytes.readInt32LE(at + 12), bytes.readInt32LE(at + 8))
    rotate(h2High ^ high, h2Low ^ low, 31)
    add(high, low, h1High, h1Low)
    multiply(high, low, 0, 5)
    add(high, low, 0, 0x3849_5ab5)
    h2High = high
    h2Low = low
  }
  mix2(upTo4(bytes, tail + 12, end), upTo4(bytes, tail + 8, end))
  h2High ^= high
  h2Low ^= low ^ length
  mix1(upTo4(bytes, tail + 4, end), upTo4(bytes, tail, end))
  h1High ^= high
  h1Low ^= low ^ length
  return finished(h1High, h1Low, h2High, h2Low)
}

function finished(h1High: number, h1Low: number, h2High: number, h2Low: number): string {
  add(h1High, h1Low, h2High, h2Low)
  const [sumHigh, sumLow] = [high, low]
  add(h2High, h2Low, sumHigh, sumLow)
  finish(high, low)
  const [secondHigh, secondLow] = [high, low]
  finish(sumHigh, sumLow)
  add(high, low, secondHigh, secondLow)
  scratch.writeInt32BE(high, 0)
  scratch.writeInt32BE(low, 4)
  add(secondHigh, secondLow, high, low)
  scratch.writeInt32BE(high, 8)
  scratch.writeInt32BE(low, 12)
  return latin1Slice(scratch, 0, 16)
}

function mix1(h: number, l: number): void {
  multiply(h, l, C1_HIGH, C1_LOW)
  rotate(high, low, 31)
  multiply(high, low, C2_HIGH, C2_LOW)
}

function mix2(h: number, l: number): void {
  multiply(h, l, C2_HIGH, C2_LOW)
  rotate(high, low, 33)
  multiply(high, low, C1_HIGH, C1_LOW)
}

/** `value ^= value >>> 33` between multiplications: only the high half reaches down. */
function finish(h: number, l: number): void {
  multiply(h, l ^ (h >>> 1), 0xff51_afd7, 0xed55_8ccd)
  multiply(high, low ^ (high >>> 1), 0xc4ce_b9fe, 0x1a85_ec53)
  low ^= high >>> 1
}

/** The low 64 bits of the product, through products of 16 bits that a number holds exactly. */
function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const [a0, a1, b0, b1] = [aLow & 0xffff, aLow >>> 16, bLow & 0xffff, bLow >>> 16]
  const p00 = a0 * b0
  const p01 = a0 * b1
  const p10 = a1 * b0
  const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff)
  low = ((middle & 0xffff) << 16) | (p00 & 0xffff)
  const carried = a1 * b1 + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16)
  high = (carried + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0
}

function add(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const sum = (aLow >>> 0) + (bLow >>> 0)
  low = sum | 0
  high = (aHigh + bHigh + (sum > 0xffff_ffff ? 1 : 0)) | 0
}

/** To the left, by 1 to 63 bits but not 32. */
function rotate(h: number, l: number, bits: number): void {
  const [upper, lower, by] = bits < 32 ? [h, l, bits] : [l, h, bits - 32]
  high = (upper << by) | (lower >>> (32 - by))
  low = (lower << by) | (upper >>> (32 - by))
}

/** Four bytes little-endian, with zeros for those past the end. */
function upTo4(bytes: Buffer, at: number, end: number): number {
  let value = 0
  for (let i = Math.min(end, at + 4) - 1; i >= at; i--) value = (value << 8) | bytes[i]!
  return value
}
