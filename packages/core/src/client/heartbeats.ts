/** Tells the coordinator at intervals that a member is alive. */
import type { Clock } from '../clock.js'

export interface HeartbeatModules {
  readonly clock: Clock
  /** Sends one. Never rejects. */
  beat(): Promise<void>
}

/**
 * The first after a join, in ms; each next one takes twice as long, up to the interval. One rebalance often follows
 * another (who gives a partition up rejoins at once, KIP-429), and a member learns of it by a heartbeat alone.
 */
const FIRST_MS = 50

export class Heartbeats {
  readonly #intervalMs: number
  readonly #modules: HeartbeatModules
  /** Of the current run; a beat of an earlier one does not schedule the next. */
  #run = 0
  #cancel: (() => void) | undefined

  constructor(options: { readonly intervalMs: number }, modules: HeartbeatModules) {
    this.#intervalMs = options.intervalMs
    this.#modules = modules
  }

  start(): void {
    this.stop()
    this.#schedule(this.#run, FIRST_MS)
  }

  stop(): void {
    this.#run++
    this.#cancel?.()
  }

  #schedule(run: number, ms: number): void {
    this.#cancel = this.#modules.clock.after(Math.min(ms, this.#intervalMs), () => {
      void this.#modules.beat().then(() => {
        if (run === this.#run) this.#schedule(run, Math.min(2 * ms, this.#intervalMs))
      })
    })
  }
}
