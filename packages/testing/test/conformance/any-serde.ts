/** The one serde of all scenarios: text as UTF-8, and numbers as Java's longs. */
import { type Serde, serdes } from '@millrace/core'

/** Eight bytes that begin as small numbers do are a number: no text in a scenario begins so. */
export const any: Serde<any> = serdes.from<string | number>({
  name: 'text or number',
  encode(value) {
    if (typeof value === 'string') return Buffer.from(value)
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigInt64BE(BigInt(value))
    return bytes
  },
  decode: bytes =>
    bytes.length === 8 && (bytes[0] === 0 || bytes[0] === 255) ? Number(bytes.readBigInt64BE(0)) : bytes.toString()
})

/** Both serdes, as most options want them. */
export const both = { key: any, value: any }
