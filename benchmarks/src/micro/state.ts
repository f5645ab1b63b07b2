/** The store overlay beside a plain map, keys of windows, and commits beside a plain batch of LevelDB. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serdes } from '@millrace/core'
import { levelEngine, memoryEngine, openTaskState, type StoreDefinition } from '@millrace/state'
import { ClassicLevel } from 'classic-level'
import { bucketKey, escapedKey, keyOf } from '../../../packages/state/dist/segment-layout.js'
import { copyOf, type Pair, RECORDS, sumOf } from './pair.js'

const ENTRY_BYTES = 12 + 8 + 8
const definition: StoreDefinition = {
  kind: 'key-value',
  name: 'counts',
  key: serdes.string(),
  value: serdes.int64(),
  logging: true,
  caching: true
}
const keys = Array.from({ length: RECORDS }, (_, i) => `item-${String(i).padStart(7, '0')}`)

/** Opens databases in a directory of their own; `close` deletes it. */
export async function openStatePairs(): Promise<{ readonly pairs: readonly Pair[]; close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-micro-'))
  const options = { definitions: [definition], cacheMaxBytes: 64 * 1024 * 1024 }
  const overlay = await openTaskState({ ...options, directory: join(directory, 'none') }, { engine: memoryEngine() })
  const level = await openTaskState({ ...options, directory: join(directory, 'state') }, { engine: levelEngine() })
  const plain = new ClassicLevel<Buffer, Buffer>(join(directory, 'plain'), {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer'
  })
  await plain.open()
  const counts = overlay.store('counts')
  const map = new Map<string, { value: number; timestamp: number }>()
  let time = 0
  const pairs: Pair[] = [
    {
      name: 'count in the store overlay',
      records: RECORDS,
      bytes: RECORDS * ENTRY_BYTES,
      run: sumOf(
        i => counts.put(keys[i]!, ((counts.get(keys[i]!)?.value as number | undefined) ?? 0) + 1, ++time) ?? 0
      ),
      limit: {
        name: 'Map get and set',
        run: sumOf(i => {
          const value = (map.get(keys[i]!)?.value ?? 0) + 1
          map.set(keys[i]!, { value, timestamp: ++time })
          return value
        })
      }
    },
    {
      name: "a window's key, made and read",
      records: RECORDS,
      bytes: RECORDS * (12 + 1 + 16),
      run: sumOf(i => keyOf(bucketKey(time, escapedKey(keys[i]!), time + i)).length),
      limit: copyOf(RECORDS * (12 + 1 + 16))
    },
    {
      name: 'commit of 1,000 changes to LevelDB',
      records: RECORDS,
      bytes: RECORDS * ENTRY_BYTES,
      run: async () => {
        const store = level.store('counts')
        for (const key of keys) store.put(key, ++time, time)
        level.visitChanges('counts', () => undefined)
        await level.commit(new Map(), { sync: false })
      },
      limit: {
        name: 'LevelDB batch of the same',
        run: () => {
          const batch = plain.batch()
          for (const key of keys) {
            const value = Buffer.allocUnsafe(16)
            value.writeDoubleBE(++time, 8)
            batch.put(Buffer.from(key), value)
          }
          return batch.write({ sync: false })
        }
      }
    }
  ]
  const close = async (): Promise<void> => {
    await Promise.all([overlay.close(), level.close(), plain.close()])
    await rm(directory, { recursive: true, force: true })
  }
  return { pairs, close }
}
