/** A total has each record once, however often it is processed. */
import { expect } from 'chai'
import fc from 'fast-check'
import { add, NOTHING } from '../../dist/counted-once.js'

describe('total', () => {
  it('is the sum of the quantities, up to the last offset', () => {
    const movements = [
      { quantity: 3, offset: 0 },
      { quantity: 4, offset: 7 }
    ]
    expect(movements.reduce(add, NOTHING)).to.deep.equal({ quantity: 7, offset: 7 })
  })

  it('stays as it is through any number of crashes, after each of which records are processed again', () => {
    const quantities = fc.array(fc.integer({ min: -10, max: 10 }), { minLength: 1, maxLength: 20 })
    // Where each crash strikes and where processing goes on from: at the latest committed offset, which lies before it.
    const crashes = fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 5 })
    fc.assert(
      fc.property(quantities, crashes, (quantities, crashes) => {
        const movements = quantities.map((quantity, offset) => ({ quantity, offset }))
        let total = NOTHING
        let from = 0
        for (const [end, back] of crashes) {
          total = movements.slice(from, from + end).reduce(add, total)
          from = Math.max(0, Math.min(from + end, movements.length) - back)
        }
        total = movements.slice(from).reduce(add, total)
        expect(total.quantity).to.equal(quantities.reduce((sum, quantity) => sum + quantity, 0))
      })
    )
  })
})
