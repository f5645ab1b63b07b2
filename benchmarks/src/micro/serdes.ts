/** Serdes beside what Node itself needs for the same bytes. */
import { type Serde, serdes } from '@millrace/core'
import { ByteWriter } from '@millrace/state'
import { type Pair, RECORDS, sumOf } from './pair.js'

const out = new ByteWriter()
const plain = Buffer.alloc(64 * 1024)

interface Subject<T> {
  readonly name: string
  readonly serde: Serde<T>
  value(i: number): T
  readonly writing: { readonly name: string; run(value: T, at: number): number }
  readonly reading: { readonly name: string; run(bytes: Buffer, start: number, end: number): number }
}

/** Writing and reading as many values, each its own. */
function pairsOf<T>({ name, serde, value, writing, reading }: Subject<T>, weigh: (value: T) => number): Pair[] {
  const values = Array.from({ length: RECORDS }, (_, i) => value(i))
  const ends: number[] = []
  out.length = 0
  for (const each of values) {
    serde.write(each, out)
    ends.push(out.length)
  }
  const bytes = Buffer.from(out.buffer.subarray(0, out.length))
  const write = (): number => {
    out.length = 0
    for (const each of values) serde.write(each, out)
    return out.length
  }
  const common = { records: RECORDS, bytes: bytes.length }
  const start = (i: number): number => (i === 0 ? 0 : ends[i - 1]!)
  return [
    {
      ...common,
      name: `${name}, written`,
      run: write,
      limit: { name: writing.name, run: sumOf(i => writing.run(values[i]!, start(i) % 32_768)) }
    },
    {
      ...common,
      name: `${name}, read`,
      run: sumOf(i => weigh(serde.read(bytes, start(i), ends[i]!))),
      limit: { name: reading.name, run: sumOf(i => reading.run(bytes, start(i), ends[i]!)) }
    }
  ]
}

interface Order {
  readonly id: number
  readonly item: string
  readonly quantity: number
  readonly price: number
}

const order = (i: number): Order => ({ id: i, item: `item-${i % 100}`, quantity: i % 7, price: i * 0.25 })
const stringify = { name: 'JSON.stringify', run: (value: Order) => JSON.stringify(value).length }
const json = new Map(Array.from({ length: RECORDS }, (_, i) => [i, JSON.stringify(order(i))]))
let next = 0
const parse = {
  name: 'JSON.parse',
  run: () => (JSON.parse(json.get((next = (next + 1) % RECORDS))!) as Order).quantity
}

export const serdePairs: readonly Pair[] = [
  ...pairsOf<number>(
    {
      name: 'int64',
      serde: serdes.int64(),
      value: i => i * 1_000_003,
      writing: { name: 'writeDoubleBE', run: (value, at) => plain.writeDoubleBE(value, at) },
      reading: { name: 'readDoubleBE', run: (bytes, start) => (bytes.readDoubleBE(start) > 0 ? 1 : 0) }
    },
    value => (value > 0 ? 1 : 0)
  ),
  ...pairsOf<string>(
    {
      name: 'string of 12 characters',
      serde: serdes.string(),
      value: i => `item-${String(i).padStart(7, '0')}`,
      writing: { name: 'Buffer.write', run: (value, at) => plain.write(value, at) },
      reading: { name: 'Buffer.toString', run: (bytes, start, end) => bytes.toString('utf8', start, end).length }
    },
    value => value.length
  ),
  ...pairsOf<Order>(
    { name: 'JSON of four fields', serde: serdes.json<Order>(), value: order, writing: stringify, reading: parse },
    ({ quantity }) => quantity
  ),
  ...pairsOf<Order>(
    {
      name: 'msgpack of four fields',
      serde: serdes.msgpack<Order>(),
      value: order,
      writing: stringify,
      reading: parse
    },
    ({ quantity }) => quantity
  )
]
