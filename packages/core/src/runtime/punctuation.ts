/** Calls back as time goes on: the schedules of one task and one kind of time. */
import { JavaHeap } from './java-heap.js'

type Punctuate = (time: number) => void | Promise<void>

interface Schedule {
  /** When it is due next. */
  readonly time: number
  readonly entry: ScheduleEntry
}

interface ScheduleEntry {
  readonly intervalMs: number
  readonly punctuate: Punctuate
  cancelled: boolean
}

export class Punctuations {
  readonly #schedules = new JavaHeap<Schedule>((a, b) => a.time - b.time)

  /** When the next is due; Infinity where none is. */
  get due(): number {
    return this.#schedules.first?.time ?? Infinity
  }

  /** Calls back from `first` on, at multiples of the interval after it. The returned function ends that. */
  schedule(first: number, intervalMs: number, punctuate: Punctuate): () => void {
    const entry = { intervalMs, punctuate, cancelled: false }
    this.#schedules.add({ time: first, entry })
    return () => {
      entry.cancelled = true
    }
  }

  /**
   * Calls back what is due, each schedule once: times that were jumped over are left out, and the next call is at the next
   * multiple of the interval again. One after the other: the promise, if there is one, is of those still to come.
   */
  advanceTo(now: number): void | Promise<void> {
    while (this.due <= now) {
      const { time, entry } = this.#schedules.take()!
      if (entry.cancelled) continue
      const next = time + (Math.floor((now - time) / entry.intervalMs) + 1) * entry.intervalMs
      const running = entry.punctuate(now)
      if (running !== undefined) {
        return running.then(() => {
          this.#addAgain(entry, next)
          return this.advanceTo(now)
        })
      }
      this.#addAgain(entry, next)
    }
  }

  #addAgain(entry: ScheduleEntry, time: number): void {
    if (!entry.cancelled) this.#schedules.add({ time, entry })
  }
}
