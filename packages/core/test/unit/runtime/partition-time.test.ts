/** Partition time in commit metadata. */
import { expect } from 'chai'
import fc from 'fast-check'
import { decodePartitionTime, encodePartitionTime } from '../../../dist/runtime/partition-time.js'

describe('partition time', () => {
  it('survives encoding', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }), time => {
        expect(decodePartitionTime(encodePartitionTime(time))).to.equal(time)
      })
    )
  })

  it('is written as a version byte and an int64, in base64', () => {
    expect(encodePartitionTime(258)).to.equal(Buffer.from('010000000000000102', 'hex').toString('base64'))
  })

  it('is read from the longer metadata of newer versions too', () => {
    expect(decodePartitionTime(Buffer.from('02000000000000000500000000', 'hex').toString('base64'))).to.equal(5)
  })

  it('is unknown where the metadata holds none', () => {
    for (const metadata of ['', 'hello', 'AAAA']) expect(decodePartitionTime(metadata)).to.equal(-1)
  })
})
