/** Runs compaction in the background: one partition at a time, in slices that leave the event loop to others. */
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import { compact } from './compaction.js'
import type { PartitionLog } from './partition-log.js'

const SLICE_MS = 5
/** About 50 MB of keys of a hundred bytes. */
const MAX_KEYS = 500_000

export interface CompactorModules {
  readonly clock: Clock
  readonly logger: Logger
}

export class Compactor {
  readonly #modules: CompactorModules
  readonly #maxKeys: number
  readonly #queue = new Set<PartitionLog>()
  /** Up to where each partition is compacted. */
  readonly #progress = new WeakMap<PartitionLog, number>()
  #running: Promise<void> | undefined
  #closed = false
  #sliceEnd = 0

  constructor(options: { readonly maxKeys?: number }, modules: CompactorModules) {
    this.#maxKeys = options.maxKeys ?? MAX_KEYS
    this.#modules = modules
  }

  /** Puts a partition in line, once, if enough of it is new. */
  schedule(log: PartitionLog): void {
    if (this.#closed || !this.#worthwhile(log)) return
    this.#queue.add(log)
    this.#running ??= this.#run()
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running
  }

  /** Stops after the current slice. */
  async close(): Promise<void> {
    this.#closed = true
    this.#queue.clear()
    await this.#running
  }

  async #run(): Promise<void> {
    await pause()
    for (const log of this.#queue) {
      this.#queue.delete(log)
      await this.#compact(log)
    }
    this.#running = undefined
  }

  async #compact(log: PartitionLog): Promise<void> {
    try {
      let from = this.#dirtyFrom(log)
      for (;;) {
        const options = { maxKeys: this.#maxKeys, now: this.#modules.clock.now(), from }
        const stopped = (): boolean => this.#closed || log.closed
        const end = await compact(log, options, { breathe: () => this.#breathe(), stopped })
        if (end === from || stopped()) break
        from = end
        this.#progress.set(log, end)
      }
    } catch (error) {
      // The log stays as it is, only larger than need be.
      this.#modules.logger.error({ error }, 'A partition of the embedded log could not be compacted')
    }
  }

  /** As with Kafka's min.cleanable.dirty.ratio: passing over everything must be worth what is new. */
  #worthwhile(log: PartitionLog): boolean {
    const from = this.#dirtyFrom(log)
    let clean = 0
    let dirty = 0
    for (const segment of log.closedSegments) {
      if (segment.baseOffset < from) clean += segment.size
      else dirty += segment.size
    }
    return dirty > 0 && dirty >= (clean + dirty) * log.config.minDirtyRatio
  }

  #dirtyFrom(log: PartitionLog): number {
    const known = this.#progress.get(log)
    if (known !== undefined) return known
    const dirty = log.closedSegments.find(segment => !segment.compacted)
    return dirty?.baseOffset ?? log.endOffset
  }

  async #breathe(): Promise<void> {
    if (performance.now() < this.#sliceEnd) return
    await pause()
    this.#sliceEnd = performance.now() + SLICE_MS
  }
}

function pause(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
