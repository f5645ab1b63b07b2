/** Made-up trade follows from its seed, and is of every kind that the inventory has to get right. */
import { expect } from 'chai'
import { Trade } from '../../dist/trade.js'
import { plainCounts } from '../support/plain-model.js'

const bookings = (seed: number, length: number) => {
  const trade = new Trade({ seed })
  return Array.from({ length }, () => trade.next())
}

describe('trade', () => {
  it('follows from the seed alone', () => {
    expect(bookings(7, 500)).to.deep.equal(bookings(7, 500))
    expect(bookings(7, 500)).not.to.deep.equal(bookings(8, 500))
  })

  it('has sales before shipments, and late bookings of either side', () => {
    const all = bookings(1, 2000)
    const first = new Map<string, string>()
    for (const { side, key } of all.toReversed()) first.set(`${key.storeId}/${key.itemId}`, side)
    expect(first).to.have.property('size', 24)
    expect([...first.values()]).to.include.members(['sales', 'shipments'])
    for (const side of ['sales', 'shipments']) {
      expect(all.some(booking => booking.side === side && booking.lateMs > 0)).to.equal(true)
    }
  })

  it('keeps shops neither empty nor overfull', () => {
    for (const pieces of plainCounts(bookings(3, 20_000)).values()) expect(pieces).to.be.within(-30, 100)
  })
})
