/** Made-up trade: sales and shipments that follow from a seed alone. */
import type { ItemKey } from './item-key.js'

/** One record of `Sales` or `Shipments`. */
export interface Booking {
  readonly side: 'sales' | 'shipments'
  readonly key: ItemKey
  readonly quantity: number
  /** How long ago it happened when it is booked, in ms. */
  readonly lateMs: number
}

export const STORES = ['berlin', 'lisbon', 'oslo', 'vienna'] as const
export const ITEMS = ['blanket', 'candle', 'kettle', 'lamp', 'teapot', 'umbrella'] as const

const MOST_SOLD = 4
const LEAST_SHIPPED = 10
const MOST_SHIPPED = 40
const LATEST_MS = 3_600_000

/**
 * Sells a few at a time, and ships more when an item runs out. Some is booked late: a shipment after the first sales of
 * it (the count is then below zero for a while), or with a time long past.
 */
export class Trade {
  readonly #random: () => number
  readonly #stock = new Map<string, number>()

  /** The same seed (a whole number) gives the same bookings. */
  constructor(options: { readonly seed: number }) {
    this.#random = randomFrom(options.seed)
  }

  next(): Booking {
    const key = { storeId: this.#oneOf(STORES), itemId: this.#oneOf(ITEMS) }
    const lateMs = this.#random() < 0.1 ? this.#between(1, LATEST_MS) : 0
    const place = `${key.storeId}/${key.itemId}`
    const stock = this.#stock.get(place) ?? 0
    const wanted = this.#between(1, MOST_SOLD)
    const isSold = stock >= wanted || this.#random() < 0.2
    const quantity = isSold ? wanted : this.#between(LEAST_SHIPPED, MOST_SHIPPED)
    this.#stock.set(place, isSold ? stock - quantity : stock + quantity)
    return { side: isSold ? 'sales' : 'shipments', key, quantity, lateMs }
  }

  #oneOf<T>(list: readonly T[]): T {
    return list[this.#between(0, list.length - 1)]!
  }

  #between(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1))
  }
}

/** Numbers from 0 up to and not including 1: the generator mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
