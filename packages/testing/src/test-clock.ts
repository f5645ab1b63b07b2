/** A clock that moves only when it is told to; timers go by the machine's clock too, since what they are for takes its time. */
import { type Clock, systemClock } from '@millrace/core'
import { setImmediate as nextTurn } from 'node:timers/promises'

interface Timer {
  readonly at: number
  fire(): void
}

export class TestClock implements Clock {
  #time: number
  readonly #timers = new Set<Timer>()

  constructor(time: number) {
    this.#time = time
  }

  now(): number {
    return this.#time
  }

  /** Calls back when the time has gone by on either clock. */
  after(ms: number, callback: () => void): () => void {
    const cancel = () => {
      this.#timers.delete(timer)
      cancelReal()
    }
    const timer = {
      at: this.#time + ms,
      fire() {
        cancel()
        callback()
      }
    }
    const cancelReal = systemClock.after(ms, timer.fire)
    this.#timers.add(timer)
    return cancel
  }

  /** Begins when what was begun before waits for something; stops at each timer that is due on the way until that is so again. */
  async advance(ms: number): Promise<void> {
    await nextTurn()
    const end = this.#time + ms
    for (let timer = this.#due(end); timer !== undefined; timer = this.#due(end)) {
      this.#time = Math.max(this.#time, timer.at)
      timer.fire()
      await nextTurn()
    }
    this.#time = end
  }

  #due(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer
    return first
  }
}
