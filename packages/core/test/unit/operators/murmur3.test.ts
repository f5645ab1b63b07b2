import { expect } from 'chai'
import { murmur3 } from '../../../dist/operators/murmur3.js'

describe('murmur3', () => {
  /** Of bytes `37 i + 200`, by their number; made with Kafka Streams 4.3.1. */
  const hashes = [
    [0, '9d2764a018e329428c3cf3b035938518'],
    [1, 'bff2166f25d4e3caad76f90042c32eb7'],
    [7, 'e2c12aaa37615c8d78e8fff449acd2e3'],
    [8, '5376fe5d8752a4802bcfb922970c534c'],
    [9, 'b79cc91e67eb164f7285936d18b5c4c8'],
    [15, '8541440932df88a8133781906f758397'],
    [16, '3b1ca826ba2a8ab100ff368af7e15570'],
    [17, '14606ec89b0c68c720e38f08a941bbdf'],
    [40, 'd4f6fce6a5fe8f2ffa444778553710c8']
  ] as const

  for (const [length, expected] of hashes) {
    it(`hashes ${length} bytes as Kafka Streams does, wherever they lie in a buffer`, () => {
      const bytes = Buffer.alloc(length + 8, 0xff)
      for (let i = 0; i < length; i++) bytes[i + 3] = (i * 37 + 200) & 0xff
      expect(Buffer.from(murmur3(bytes, 3, length + 3), 'latin1').toString('hex')).to.equal(expected)
    })
  }
})
