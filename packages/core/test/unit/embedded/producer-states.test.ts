/** Sequences of one producer against a model that only counts. */
import { expect } from 'chai'
import fc from 'fast-check'
import type { BatchHeader } from '../../../dist/embedded/batch-header.js'
import { ProducerStates } from '../../../dist/embedded/producer-states.js'

const SEQUENCES = 2 ** 31

function header(baseSequence: number, count: number, producerEpoch = 0): BatchHeader {
  return {
    baseOffset: 0,
    lastOffset: count - 1,
    sizeInBytes: 100,
    producerId: 1n,
    producerEpoch,
    baseSequence,
    recordCount: count,
    maxTimestamp: 0
  }
}

describe('producer states', () => {
  it('take only the next sequence, and know the last five again, across the wrap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: SEQUENCES - 50, max: SEQUENCES - 1 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }),
        (first, counts) => {
          const states = new ProducerStates()
          const appended: { header: BatchHeader; offset: number }[] = []
          let sequence = first
          let offset = 0
          for (const count of counts) {
            const next = header(sequence, count)
            expect(states.check(next).kind).to.equal('append')
            if (appended.length > 0) {
              expect(states.check(header((sequence + 1) % SEQUENCES, count))).to.deep.equal({
                kind: 'refuse',
                error: 'OUT_OF_ORDER_SEQUENCE'
              })
            }
            states.appended(next, offset)
            appended.push({ header: next, offset })
            sequence = (sequence + count) % SEQUENCES
            offset += count
            for (const [back, each] of [...appended].reverse().entries()) {
              const verdict = states.check(each.header)
              if (back < 5) expect(verdict).to.deep.equal({ kind: 'duplicate', baseOffset: each.offset })
              else expect(verdict.kind).to.equal('refuse')
            }
          }
        }
      )
    )
  })

  it('refuse a part of a batch that is there', () => {
    const states = new ProducerStates()
    states.appended(header(0, 5), 0)
    expect(states.check(header(0, 3)).kind).to.equal('refuse')
    expect(states.check(header(3, 2)).kind).to.equal('refuse')
  })

  it('let every batch pass that has no producer', () => {
    const states = new ProducerStates()
    const anonymous = { ...header(-1, 1), producerId: -1n, producerEpoch: -1 }
    states.appended(anonymous, 0)
    expect(states.check(anonymous).kind).to.equal('append')
  })

  it('fence lower epochs, and ask higher ones to begin at 0', () => {
    const states = new ProducerStates()
    states.appended(header(0, 1, 3), 0)
    expect(states.check(header(1, 1, 2))).to.deep.equal({ kind: 'refuse', error: 'PRODUCER_FENCED' })
    expect(states.check(header(1, 1, 4))).to.deep.equal({ kind: 'refuse', error: 'OUT_OF_ORDER_SEQUENCE' })
    expect(states.check(header(0, 1, 4)).kind).to.equal('append')
  })
})
