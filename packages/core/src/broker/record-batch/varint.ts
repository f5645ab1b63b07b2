/** Zigzag varints as the record format writes them: always in the fewest bytes. */

/** Bytes that `writeVarint` takes for `value`, a signed 32-bit integer. */
export function sizeOfVarint(value: number): number {
  return ((38 - Math.clz32(((value << 1) ^ (value >> 31)) | 1)) / 7) | 0
}

/** Writes a signed 32-bit integer and returns the position after it. The room must be there. */
export function writeVarint(bytes: Uint8Array, position: number, value: number): number {
  let rest = (value << 1) ^ (value >> 31)
  while ((rest & ~0x7f) !== 0) {
    bytes[position++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[position++] = rest
  return position
}

/** Bytes that `writeVarlong` takes for `value`, an integer of at most 53 bits and a sign. */
export function sizeOfVarlong(value: number): number {
  if (value === (value | 0)) return sizeOfVarint(value)
  let rest = Math.floor((value < 0 ? -value - 1 : value) / 64)
  let size = 1
  for (; rest > 0; size++) rest = Math.floor(rest / 128)
  return size
}

/** Writes an integer of at most 53 bits and a sign and returns the position after it. The room must be there. */
export function writeVarlong(bytes: Uint8Array, position: number, value: number): number {
  if (value === (value | 0)) return writeVarint(bytes, position, value)
  // The zigzag form may need 54 bits, one more than a number holds: the sign bit is placed in the first byte by hand.
  const magnitude = value < 0 ? -value - 1 : value
  const first = ((magnitude % 64) << 1) | (value < 0 ? 1 : 0)
  let rest = Math.floor(magnitude / 64)
  bytes[position++] = rest > 0 ? first | 0x80 : first
  while (rest > 0) {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes[position++] = rest > 0 ? low | 0x80 : low
  }
  return position
}
