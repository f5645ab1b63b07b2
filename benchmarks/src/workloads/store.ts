/**
 * Fills a store, opens it and reads one value, or writes 3 MB to it and dies by `kill -9`. Arguments: `fill`, `open` or
 * `crash`, directory, keys.
 */
import { serdes } from '@millrace/core'
import { levelEngine, openTaskState, type RestoreRecord, type StoreDefinition } from '@millrace/state'

const RECORDS_PER_BATCH = 50_000
/** Of 32 bytes with their timestamps and 17 of the key: less than LevelDB's write buffer of 4 MiB. */
const RECORDS_BEFORE_CRASH = 60_000

const [action, directory, count] = process.argv.slice(2) as ['fill' | 'open' | 'crash', string, string]
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
} else if (action === 'crash') {
  await state.restore('counts', recordsOf(0, Math.min(keys, RECORDS_BEFORE_CRASH)), keys)
} else if (state.store('counts').get(keyOf(1))?.value !== 1) {
  throw new Error('the store has lost a key')
}
const line = JSON.stringify({ event: 'finished', milliseconds: performance.now() - started })
process.stdout.write(`${line}\n`, () => {
  if (action === 'crash') process.kill(process.pid, 'SIGKILL')
})
if (action !== 'crash') await state.close()

function* recordsOf(from: number, to: number): Iterable<RestoreRecord> {
  const value = Buffer.alloc(8)
  for (let i = from; i < to; i++) {
    value.writeBigInt64BE(BigInt(i))
    yield { key: Buffer.from(keyOf(i)), value, timestamp: i }
  }
}
