/** The key of all topics and stores: an item of a store. */
import { serdes } from '@millrace/core'

export interface ItemKey {
  readonly storeId: string
  readonly itemId: string
}

/**
 * JSON in one form only: `{"storeId":"berlin","itemId":"kettle"}`, no white space, the fields in this order.
 *
 * A key is found by its bytes, and its bytes choose the partition. Another form of the same key would therefore be counted
 * apart, in another task; so it is refused when it is read.
 */
export const itemKey = serdes.from<ItemKey>({
  name: 'item key',
  encode: key => Buffer.from(write(key)),
  decode: bytes => {
    const text = bytes.toString()
    const key = JSON.parse(text) as ItemKey
    if (write(key) !== text) throw new Error(`${text} must be written ${write(key)}`)
    return key
  }
})

function write(key: ItemKey): string {
  const { storeId, itemId } = key
  if (typeof storeId === 'string' && typeof itemId === 'string') return JSON.stringify({ storeId, itemId })
  throw new Error('storeId and itemId must be texts')
}
