/** The question that every instance answers: how many of an item are in a store. */
import { keyRoute } from '@millrace/interactive-query'
import type { ItemKey } from './item-key.js'
import { INVENTORY_TABLE } from './topology.js'

/** From the own store, or with the answer of the instance that has the key. */
export const countRoute = keyRoute({
  path: '/inventory/stores/:storeId/items/:itemId/count',
  store: INVENTORY_TABLE,
  key: ({ storeId, itemId }): ItemKey => ({ storeId, itemId }),
  answer: (count: number, { storeId, itemId }, { owner }) => ({ storeId, itemId, count, owner })
})

/** Where the instance at that port is asked. */
export function countUrl(port: number, { storeId, itemId }: ItemKey): string {
  return `http://127.0.0.1:${port}/inventory/stores/${encodeURIComponent(storeId)}/items/${encodeURIComponent(itemId)}/count`
}
