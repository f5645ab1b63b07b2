/** What the counts should be, kept in the plainest way. */
import type { Booking } from '../../dist/trade.js'

/** Shipments minus sales, by `store/item`. */
export function plainCounts(bookings: Iterable<Pick<Booking, 'side' | 'key' | 'quantity'>>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { side, key, quantity } of bookings) {
    const place = `${key.storeId}/${key.itemId}`
    counts.set(place, (counts.get(place) ?? 0) + (side === 'shipments' ? quantity : -quantity))
  }
  return counts
}
