/** The one queue of events of a worker. */
import type { Clock } from '../clock.js'

/** Events in the order they came, with a way to sleep until the next. */
export class Inbox<E> {
  #events: E[] = []
  #wake: (() => void) | undefined

  push(event: E): void {
    this.#events.push(event)
    this.#wake?.()
  }

  take(): E | undefined {
    return this.#events.shift()
  }

  /** Resolves at the next event, or after `ms`. At once when an event is waiting. */
  wait(ms: number, clock: Clock): Promise<void> {
    if (this.#events.length > 0) return Promise.resolve()
    return new Promise(resolve => {
      const cancel = clock.after(ms, () => this.#wake?.())
      this.#wake = () => {
        this.#wake = undefined
        cancel()
        resolve()
      }
    })
  }
}
