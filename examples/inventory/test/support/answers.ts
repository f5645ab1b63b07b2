/** Asks instances over HTTP. */
import { countUrl } from '../../dist/count-route.js'
import type { ItemKey } from '../../dist/item-key.js'

/** What one instance answers about keys. */
export interface Answers {
  /** By `store/item`. */
  readonly counts: ReadonlyMap<string, number>
  /** The ports of the instances that had the keys, in order. */
  readonly ownerPorts: readonly number[]
}

/** Asks the instance at a port about each key. Rejects unless all answers are 200. */
export async function ask(port: number, keys: Iterable<ItemKey>): Promise<Answers> {
  const counts = new Map<string, number>()
  const ports = new Set<number>()
  for (const key of keys) {
    const response = await fetch(countUrl(port, key))
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
    const answer = (await response.json()) as ItemKey & { readonly count: number; readonly owner: string }
    counts.set(`${answer.storeId}/${answer.itemId}`, answer.count)
    ports.add(Number(answer.owner.split(':')[1]))
  }
  return { counts, ownerPorts: [...ports].toSorted((a, b) => a - b) }
}
