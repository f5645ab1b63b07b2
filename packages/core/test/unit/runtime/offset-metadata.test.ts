/** What is committed with an offset. */
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeOffsetMetadata, encodeOffsetMetadata } from '../../../dist/runtime/offset-metadata.js'

const NO_TIMES = new Map<string, number>()
const time = fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER })
const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')

describe('offset metadata', () => {
  it('survives encoding', () => {
    const times = fc.array(fc.tuple(fc.string(), time), { maxLength: 4 }).map(entries => new Map(entries))
    fc.assert(
      fc.property(time, times, (partitionTime, savedTimes) => {
        const metadata = { partitionTime, savedTimes }
        expect(decodeOffsetMetadata(encodeOffsetMetadata(metadata))).to.deep.equal(metadata)
      })
    )
  })

  it('is written as Kafka Streams does: version, partition time, and names with their times', () => {
    expect(encodeOffsetMetadata({ partitionTime: 258, savedTimes: NO_TIMES })).to.equal(base64('020000000000000102'))
    expect(encodeOffsetMetadata({ partitionTime: 258, savedTimes: new Map([['ab', 5]]) })).to.equal(
      base64('020000000000000102' + '00000001' + '00000002' + '6162' + '0000000000000005')
    )
  })

  it('is read from the shorter metadata of version 1, and without times from later ones', () => {
    expect(decodeOffsetMetadata(base64('010000000000000005'))).to.deep.equal({ partitionTime: 5, savedTimes: NO_TIMES })
    expect(decodeOffsetMetadata(base64('030000000000000005' + 'ffff'))).to.deep.equal({
      partitionTime: 5,
      savedTimes: NO_TIMES
    })
  })

  it('is left out where it is cut off or not there', () => {
    for (const metadata of ['', 'hello', 'AAAA']) expect(decodeOffsetMetadata(metadata).partitionTime).to.equal(-1)
    const cut = base64('020000000000000102' + '00000001' + '7fffffff' + '6162')
    expect(decodeOffsetMetadata(cut)).to.deep.equal({ partitionTime: 258, savedTimes: NO_TIMES })
  })
})
