import { expect } from 'chai'
import fc from 'fast-check'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from '../../../../dist/broker/record-batch/varint.js'

function zigzag(value: number): number[] {
  let rest = value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value)
  const bytes: number[] = []
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}

const around = (limit: number) => [limit - 1, limit, limit + 1, -limit - 1, -limit, -limit + 1]
const int32s = [0, 6, 13, 20, 27, 30].flatMap(bits => around(2 ** bits)).concat(2 ** 31 - 1, -(2 ** 31))
const safeIntegers = [31, 32, 34, 41, 48, 52]
  .flatMap(bits => around(2 ** bits))
  .concat(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -(2 ** 53), 2 ** 31, -(2 ** 31) - 1)

function written(write: typeof writeVarint, value: number): number[] {
  const bytes = Buffer.alloc(16, 0xee)
  return [...bytes.subarray(3, write(bytes, 3, value))]
}

describe('varint', () => {
  it('writes 32-bit integers in the fewest bytes', () => {
    for (const value of int32s) expect(written(writeVarint, value), `${value}`).to.deep.equal(zigzag(value))
    fc.assert(
      fc.property(fc.integer(), value => {
        expect(written(writeVarint, value)).to.deep.equal(zigzag(value))
      })
    )
  })

  it('writes integers beyond 32 bits in the fewest bytes', () => {
    for (const value of [...int32s, ...safeIntegers]) {
      expect(written(writeVarlong, value), `${value}`).to.deep.equal(zigzag(value))
    }
    fc.assert(
      fc.property(fc.maxSafeInteger(), value => {
        expect(written(writeVarlong, value)).to.deep.equal(zigzag(value))
      })
    )
  })

  it('knows sizes before it writes', () => {
    for (const value of int32s) expect(sizeOfVarint(value), `${value}`).to.equal(zigzag(value).length)
    for (const value of [...int32s, ...safeIntegers]) {
      expect(sizeOfVarlong(value), `${value}`).to.equal(zigzag(value).length)
    }
  })
})
