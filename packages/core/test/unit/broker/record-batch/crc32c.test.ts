import { expect } from 'chai'
import fc from 'fast-check'
import { crc32c } from '../../../../dist/broker/record-batch/index.js'

function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

describe('crc32c', () => {
  it('gives the check values of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789'), 0, 9)).to.equal(0xe3069283)
    expect(crc32c(Buffer.alloc(32), 0, 32)).to.equal(0x8a9136aa)
    expect(crc32c(Buffer.alloc(32, 0xff), 0, 32)).to.equal(0x62a8ab43)
    expect(crc32c(Buffer.alloc(0), 0, 0)).to.equal(0)
  })

  it('equals the bit by bit definition on any range', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), fc.nat(20), (bytes, skip, drop) => {
        const start = Math.min(skip, bytes.length)
        const end = Math.max(start, bytes.length - drop)
        expect(crc32c(bytes, start, end)).to.equal(bitByBit(bytes.subarray(start, end)))
      })
    )
  })
})
