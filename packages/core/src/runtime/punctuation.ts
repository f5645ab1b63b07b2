/** Calls back as time goes on: the schedules of one task and one kind of time. */
import { JavaHeap } from './java-heap.js'

interface Schedule {
  /** When it is due next. */
  readonly time: number
  readonly entry: ScheduleEntry
}

interface ScheduleEntry {
  readonly intervalMs: number
  readonly punctuate: (time: number) => void
  cancelled: boolean
}

export class Punctuations {
  readonly #schedules = new JavaHeap<Schedule>((a, b) => a.time - b.time)

  /** When the next is due; Infinity where none is. */
  get due(): number {
    return this.#schedules.first?.time ?? Infinity
  }

  /** Calls back from `first` on, at multiples of the interval after it. The returned function ends that. */
  schedule(first: number, intervalMs: number, punctuate: (time: number) => void): () => void {
    const entry = { intervalMs, punctuate, cancelled: false }
    this.#schedules.add({ time: first, entry })
    return () => {
      entry.cancelled = true
    }
  }

  /**
   * Calls back what is due, each schedule once: times that were jumped over are left out, and the next call is at the next
   * multiple of the interval again. Returns whether anything was called.
   */
  advanceTo(now: number): boolean {
    let called = false
    while (this.due <= now) {
      const { time, entry } = this.#schedules.take()!
      if (entry.cancelled) continue
      entry.punctuate(now)
      called = true
      const { intervalMs } = entry
      if (!entry.cancelled) {
        this.#schedules.add({ time: time + (Math.floor((now - time) / intervalMs) + 1) * intervalMs, entry })
      }
    }
    return called
  }
}
