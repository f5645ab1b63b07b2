/** Where a whole embedded log lives: nowhere but in memory, or in a directory. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DirectoryStorage } from './directory-storage.js'
import { MemoryStorage } from './memory-storage.js'
import type { SegmentStorage } from './segment-storage.js'
import { TailCache } from './tail-cache.js'

export interface LogPlace {
  storage(topic: string, partition: number): SegmentStorage
  /** The partition's folder; undefined in memory. */
  folder(topic: string, partition: number): string | undefined
  exists(folder: string): boolean
  removeFolders(folders: readonly string[]): Promise<void>
}

export const memoryPlace: LogPlace = {
  storage: () => new MemoryStorage(),
  folder: () => undefined,
  exists: () => false,
  async removeFolders() {}
}

export interface DirectoryPlaceOptions {
  readonly directory: string
  readonly fsync: 'always' | 'never'
  readonly cacheBytes: number
}

export function directoryPlace(options: DirectoryPlaceOptions): LogPlace {
  const cache = new TailCache(options.cacheBytes)
  const folder = (topic: string, partition: number): string =>
    join(options.directory, 'partitions', `${topic}-${partition}`)
  return {
    storage: (topic, partition) =>
      new DirectoryStorage({ folder: folder(topic, partition), fsync: options.fsync }, { cache }),
    folder,
    exists: existsSync,
    async removeFolders(folders) {
      for (const each of folders) await rm(each, { recursive: true, force: true })
    }
  }
}
