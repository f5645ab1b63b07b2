/** Tells the coordinator at intervals that a member is alive. */
import type { Clock } from '../clock.js'

export interface HeartbeatModules {
  readonly clock: Clock
  /** Sends one. Never rejects. */
  beat(): Promise<void>
}

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

  /** The first goes out after one interval. */
  start(): void {
    this.stop()
    this.#schedule(this.#run)
  }

  stop(): void {
    this.#run++
    this.#cancel?.()
  }

  #schedule(run: number): void {
    this.#cancel = this.#modules.clock.after(this.#intervalMs, () => {
      void this.#modules.beat().then(() => {
        if (run === this.#run) this.#schedule(run)
      })
    })
  }
}
