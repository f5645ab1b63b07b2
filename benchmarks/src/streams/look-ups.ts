/** Looks keys up in the store of its own process, which goes on counting, and tells how many on standard output. */
import type { KafkaStreams } from '@millrace/core'
import type { LookedUp, Queries } from './program.js'
import { scattered } from './workload.js'

/** So many, and the application has a turn. */
const AT_ONCE = 100
const LOOK_EVERY_MS = 100

export async function lookUp(
  app: KafkaStreams,
  { store: name, counted, ms }: NonNullable<Queries['lookUps']>
): Promise<void> {
  const store = app.store<string, number>(name)
  let keys = await countedKeys(store.all(), counted)
  while (keys === undefined) {
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
    keys = await countedKeys(store.all(), counted)
  }
  const start = performance.now()
  const usage = process.cpuUsage()
  let lookUps = 0
  while (performance.now() - start < ms) {
    for (let i = 0; i < AT_ONCE; i++) {
      const key = keys[scattered(lookUps++, keys.length)]!
      const count = await store.get(key)
      if (count === undefined || count < 1) throw new Error(`${key} was counted, and now its count is ${count}`)
    }
    await new Promise(resolve => setImmediate(resolve))
  }
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(usage)
  const line: LookedUp = { event: 'looked-up', lookUps, seconds, cpuSeconds: (user + system) / 1e6 }
  console.log(JSON.stringify(line))
}

/** The keys of the counts once they add up to so many. */
async function countedKeys(
  counts: AsyncIterable<readonly [string, number]>,
  counted: number
): Promise<string[] | undefined> {
  const keys: string[] = []
  let sum = 0
  for await (const [key, count] of counts) {
    keys.push(key)
    sum += count
  }
  return sum < counted ? undefined : keys
}
