/** Fills a store, or opens it and reads one value. Arguments: `fill` or `open`, directory, keys. */
import { serdes } from '@millrace/core'
import { levelEngine, openTaskState, type RestoreRecord, type StoreDefinition } from '@millrace/state'

const RECORDS_PER_BATCH = 50_000

const [action, directory, count] = process.argv.slice(2) as ['fill' | 'open', string, string]
const keys = Number(count)
const definition: StoreDefinition = {
  kind: 'key-value',
  name: 'counts',
  key: serdes.string(),
  value: serdes.int64(),
  logging: true,
  caching: true
}
const options = { directory, definitions: [definition], cacheMaxBytes: 64 * 1024 * 1024 }

/** Spread over the key space, as hashes and words are: an order that LevelDB has to sort. */
function keyOf(i: number): string {
  return String((i * 7_368_787) % keys).padStart(16, '0')
}

const started = performance.now()
const state = await openTaskState(options, { engine: levelEngine() })
if (action === 'fill') {
  for (let from = 0; from < keys; from += RECORDS_PER_BATCH) {
    const next = Math.min(keys, from + RECORDS_PER_BATCH)
    await state.restore('counts', recordsOf(from, next), next)
  }
} else if (state.store('counts').get(keyOf(1)) === undefined) {
  throw new Error('the store has lost a key')
}
console.log(JSON.stringify({ event: 'finished', milliseconds: performance.now() - started }))
await state.close()

function* recordsOf(from: number, to: number): Iterable<RestoreRecord> {
  const value = Buffer.alloc(8)
  for (let i = from; i < to; i++) {
    value.writeBigInt64BE(BigInt(i))
    yield { key: Buffer.from(keyOf(i)), value, timestamp: i }
  }
}
