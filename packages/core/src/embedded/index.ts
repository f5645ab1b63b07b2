/** The embedded log: a broker within the process, in memory or in a directory. */
import { levelEngine, type StateEngine } from '@millrace/state'
import { resolve } from 'node:path'
import type { Broker } from '../broker/broker.js'
import { systemClock, type Clock } from '../clock.js'
import { EmbeddedBroker } from './embedded-broker.js'
import { memoryPlace } from './log-place.js'
import { MetadataStore } from './metadata-store.js'
import { openDirectory, type OpenLog } from './open-directory.js'

/** Enough for readers that keep up, small beside a process of 100 MB. */
const CACHE_BYTES = 32 * 1024 * 1024
const METADATA_CACHE_BYTES = 1024 * 1024

/** Options of the embedded log; all have defaults. */
export interface EmbeddedOptions {
  /** Where topics and offsets are kept; absent: in memory, gone with the process. */
  readonly directory?: string
  /**
   * `never`, the default: what is acknowledged survives the end of the process, `kill -9` too, but a power loss may
   * take the last seconds. `always`: every batch waits for the disk, and survives that as well.
   */
  readonly fsync?: 'always' | 'never'
  /** How much of what was written last is kept in memory for readers, in bytes; default 32 MiB. Directories only. */
  readonly cacheBytes?: number
  /** How long the first rebalance of a group waits for more members, in ms; default 0. */
  readonly initialRebalanceDelayMs?: number
  /** For sessions, rebalances, long polls and retention. */
  readonly clock?: Clock
  /** Keeps the metadata; default LevelDB. */
  readonly engine?: StateEngine
}

/**
 * A broker in this process. Nothing is opened before the first `connect`, which rejects with
 *
 * - `EMBEDDED_LOG_LOCKED` when another process has the directory (`details.path`, `details.pid`)
 * - `EMBEDDED_LOG_CORRUPT` when a file is damaged or of another version (`details.path`, `details.position`)
 */
export function embedded(options: EmbeddedOptions = {}): Broker {
  const { directory, clock = systemClock, initialRebalanceDelayMs = 0 } = options
  const description = directory === undefined ? 'embedded log in memory' : `embedded log in ${directory}`
  return new EmbeddedBroker(
    { description, initialRebalanceDelayMs },
    {
      clock,
      open:
        directory === undefined
          ? openMemory
          : () =>
              openDirectory(
                {
                  directory: resolve(directory),
                  fsync: options.fsync ?? 'never',
                  cacheBytes: options.cacheBytes ?? CACHE_BYTES
                },
                { engine: options.engine ?? levelEngine({ cacheBytes: METADATA_CACHE_BYTES }) }
              )
    }
  )
}

async function openMemory(): Promise<OpenLog> {
  return {
    metadata: await MetadataStore.open(undefined, { path: '', sync: false }),
    place: memoryPlace,
    async release() {}
  }
}
