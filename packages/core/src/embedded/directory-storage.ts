/** The segments of one partition as files in its folder: `<base offset>.log`, and `.index` beside a closed one. */
import { closeSync, constants, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { FileSegment } from './file-segment.js'
import type { SegmentBytes, SegmentStorage } from './segment-storage.js'
import type { TailCache } from './tail-cache.js'

const NAME_DIGITS = 20

export interface DirectoryStorageOptions {
  readonly folder: string
  /** `always`: an append waits for the disk. `never`: the operating system writes when it likes. */
  readonly fsync: 'always' | 'never'
}

export class DirectoryStorage implements SegmentStorage {
  readonly #options: DirectoryStorageOptions
  readonly #cache: TailCache

  constructor(options: DirectoryStorageOptions, modules: { readonly cache: TailCache }) {
    this.#options = options
    this.#cache = modules.cache
    mkdirSync(options.folder, { recursive: true })
  }

  list(): number[] {
    const offsets: number[] = []
    for (const name of readdirSync(this.#options.folder)) {
      if (name.endsWith('.new')) rmSync(join(this.#options.folder, name))
      else if (/^\d{20}\.log$/.test(name)) offsets.push(Number(name.slice(0, NAME_DIGITS)))
    }
    return offsets.sort((a, b) => a - b)
  }

  open(baseOffset: number): SegmentBytes {
    return new FileSegment({ path: this.#path(baseOffset), fsync: this.#options.fsync }, { cache: this.#cache })
  }

  create(baseOffset: number): SegmentBytes {
    closeSync(openSync(this.#path(baseOffset), constants.O_CREAT | constants.O_WRONLY | constants.O_TRUNC))
    return this.open(baseOffset)
  }

  #path(baseOffset: number): string {
    return join(this.#options.folder, `${String(baseOffset).padStart(NAME_DIGITS, '0')}.log`)
  }
}
