/** The counts as the topic `Inventory` has them, from all instances alike. */
import { serdes, type BrokerConnection } from '@millrace/core'
import { TopicFollower } from '../../shared/dist/topic-follower.js'
import { itemKey, type ItemKey } from './item-key.js'
import { TOPICS } from './topology.js'

/** The count of an item in a store, and when it last changed. */
export interface Count {
  readonly pieces: number
  /** In ms of a steady clock. */
  readonly changedAt: number
}

export class Stock {
  /** By item, then by store. */
  readonly #items = new Map<string, Map<string, Count>>()
  readonly #stores = new Set<string>()
  #pieces = 0
  #counts = 0

  /** Sum of all counts. */
  get pieces(): number {
    return this.#pieces
  }

  /** How many counts there are. */
  get counts(): number {
    return this.#counts
  }

  /** In alphabetical order. */
  get stores(): string[] {
    return [...this.#stores].sort()
  }

  /** In alphabetical order. */
  get items(): string[] {
    return [...this.#items.keys()].sort()
  }

  count({ storeId, itemId }: ItemKey): Count | undefined {
    return this.#items.get(itemId)?.get(storeId)
  }

  /** Sets the newest count. */
  set({ storeId, itemId }: ItemKey, pieces: number, now: number): void {
    let item = this.#items.get(itemId)
    if (item === undefined) this.#items.set(itemId, (item = new Map()))
    const before = item.get(storeId)
    if (before?.pieces === pieces) return
    if (before === undefined) this.#counts++
    this.#pieces += pieces - (before?.pieces ?? 0)
    this.#stores.add(storeId)
    item.set(storeId, { pieces, changedAt: now })
  }
}

/** Keeps them up to date. */
export function followStock(
  stock: Stock,
  options: { readonly partitions: number },
  modules: { readonly connection: BrokerConnection; readonly signal: AbortSignal }
): TopicFollower {
  const pieces = serdes.int64()
  return new TopicFollower(
    {
      topic: TOPICS.inventory,
      partitions: options.partitions,
      visit: ({ bytes, keyStart, keyEnd, valueStart, valueEnd }) =>
        stock.set(itemKey.read(bytes, keyStart, keyEnd), pieces.read(bytes, valueStart, valueEnd), performance.now())
    },
    modules
  )
}
