import { expect } from 'chai'
import fc from 'fast-check'
import { hashOrder, JavaTreeSet } from '../../../dist/topology/java-collections.js'

describe('hashOrder', () => {
  it('is the order of a Java HashSet', () => {
    // As java.util.HashSet prints them.
    expect(hashOrder(['first', 'second', 'third', 'another-topic'])).to.deep.equal([
      'another-topic',
      'third',
      'first',
      'second'
    ])
  })

  it('loses and invents nothing', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), keys => {
        expect(hashOrder(keys).sort()).to.deep.equal([...keys].sort())
      })
    )
  })
})

describe('JavaTreeSet', () => {
  it('sorts and de-duplicates', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 })), numbers => {
        const set = new JavaTreeSet<number>((a, b) => a - b)
        for (const number of numbers) set.add(number)
        expect(set.items()).to.deep.equal([...new Set(numbers)].sort((a, b) => a - b))
      })
    )
  })
})
