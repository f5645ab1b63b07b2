/** What a loop sleeps on: until somebody rings, or time has passed. */
import type { Clock } from '../clock.js'

/** For one sleeper. A ring while nobody sleeps is kept: the next `wait` returns at once. */
export class Alarm {
  readonly #clock: Clock
  #rung = false
  #wake: (() => void) | undefined

  constructor(modules: { readonly clock: Clock }) {
    this.#clock = modules.clock
  }

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves at the next ring, or after `ms` if given. */
  async wait(ms?: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>(resolve => {
        const cancel = ms === undefined ? undefined : this.#clock.after(ms, resolve)
        this.#wake = () => {
          cancel?.()
          resolve()
        }
      })
      this.#wake = undefined
    }
    this.#rung = false
  }
}
