/** A streams workload on @kafkats/flow. Its argument is what src/streams/program.ts says, as JSON. */
import { buffer, flow, json, string, TimeWindows } from '@kafkats/flow'
import { lmdb } from '@kafkats/flow-state-lmdb'

/** Far more than any workload needs; its own default, 1 GiB, is less than the largest might. */
const MAP_BYTES = 16 * 1024 ** 3
/** Of all topics, and as many handlers at once as its consumer can make use of. */
const PARTITIONS = 4
const WORD = /[\p{L}\p{N}]+/gu
const MINUTE_MS = 60_000
const JOIN_MS = 4_000

const int64 = {
  encode(value) {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(BigInt(value))
    return bytes
  },
  decode: bytes => Number(bytes.readBigInt64BE())
}
const text = { key: string(), value: string() }
const orders = { key: string(), value: json() }
const parcel = ({ id, quantity }, { name, weight }) => ({ id, name, weight: quantity * weight })

function add(sales, { quantity, price }) {
  const revenue = quantity * price
  return {
    orders: sales.orders + 1,
    quantity: sales.quantity + quantity,
    revenue: sales.revenue + revenue,
    largest: Math.max(sales.largest, revenue)
  }
}

/** The key, and the start of the window behind it. */
function windowedKey({ key, window }) {
  const start = Buffer.alloc(8)
  start.writeBigInt64BE(BigInt(window.start))
  return Buffer.concat([Buffer.from(key), start])
}

function countByKey(app, { input, output }) {
  app
    .stream(input, text)
    .groupByKey()
    .count({ storeName: 'counts', value: int64 })
    .toStream()
    .to(output, { key: string(), value: int64 })
}

/** It counts what is grouped anew in the partition where it is, so the words go through a topic first. */
function wordCount(app, { input, output }, [repartition]) {
  app
    .stream(input, { key: buffer(), value: string() })
    .flatMapValues(line => line.toLowerCase().match(WORD) ?? [])
    .map((_key, word) => [word, ''])
    .through(repartition, text)
    .groupByKey(text)
    .count({ storeName: 'counts', value: int64 })
    .toStream()
    .to(output, { key: string(), value: int64 })
}

/** The same topologies as src/streams/workloads has. */
const workloads = {
  'map-values': (app, { input, output }) =>
    app
      .stream(input, orders)
      .mapValues(({ id, quantity, price }) => ({ id, total: quantity * price }))
      .to(output, orders),
  'filter-out': (app, { input, output }) =>
    app
      .stream(input, text)
      .filter((_item, value) => value.length === 0)
      .to(output, text),
  'count-by-key': countByKey,
  'large-state': countByKey,
  'aggregate-objects': (app, { input, output }) =>
    app
      .stream(input, orders)
      .groupByKey()
      .aggregate(
        () => ({ orders: 0, quantity: 0, revenue: 0, largest: 0 }),
        (_item, order, sales) => add(sales, order),
        { storeName: 'sales', key: string(), value: json() }
      )
      .toStream()
      .mapValues(({ orders, quantity, revenue, largest }) => [orders, quantity, revenue, largest].join())
      .to(output, text),
  'stream-table-join': (app, { items, orders: ordersTopic, output }) => {
    const table = app.table(items, { ...orders, materialized: { storeName: 'items', ...orders } })
    app.stream(ordersTopic, orders).join(table, parcel).to(output, orders)
  },
  'windowed-count': (app, { input, output }) =>
    app
      .stream(input, text)
      .groupByKey()
      .windowedBy(TimeWindows.of(MINUTE_MS))
      .count({ storeName: 'counts', value: int64 })
      .toStream()
      .map((key, count) => [windowedKey(key), count])
      .to(output, { key: buffer(), value: int64 }),
  'stream-stream-join': (app, { left, right, output }) =>
    app
      .stream(left, text)
      .join(app.stream(right, text), (one, other) => `${one} ${other}`, { within: TimeWindows.of(JOIN_MS) })
      .to(output, text),
  'word-count-uncombined': wordCount,
  'word-count': wordCount
}

const { workload, brokers, applicationId, topics, repartitions, stateDirectory, commitIntervalMs, threads } =
  JSON.parse(process.argv[2])
const app = flow({
  applicationId,
  client: { brokers: brokers.split(','), clientId: applicationId, logLevel: 'error' },
  stateStoreProvider: lmdb({ stateDir: stateDirectory, mapSize: MAP_BYTES }),
  numStreamThreads: threads,
  consumer: { autoOffsetReset: 'earliest' },
  runEach: {
    partitionConcurrency: PARTITIONS,
    ...(commitIntervalMs === undefined ? {} : { autoCommitIntervalMs: commitIntervalMs })
  }
})
const build = workloads[workload]
if (build === undefined) throw new Error(`there is no ${workload} here`)
build(app, topics, repartitions)
process.once('SIGTERM', () => void app.close())
await app.start()
