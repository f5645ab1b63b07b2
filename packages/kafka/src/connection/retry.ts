/** Asks again, with growing pauses, until it works, cannot work, or time is up. */
import { setTimeout as delay } from 'node:timers/promises'
import { isTransient } from '../errors.js'

const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 500

export interface RetryOptions {
  readonly timeoutMs: number
  /** Ends the pauses. */
  readonly signal: AbortSignal
  /** Whether this failure may be followed by another attempt; by default a transient one. */
  readonly mayRepeat?: (error: unknown) => boolean
}

/** The result of the first attempt that succeeds, else the last error. An attempt is told how many milliseconds are left. */
export async function retrying<T>(options: RetryOptions, attempt: (remainingMs: number) => Promise<T>): Promise<T> {
  const { timeoutMs, signal, mayRepeat = isTransient } = options
  const deadline = Date.now() + timeoutMs
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt(Math.max(1, deadline - Date.now()))
    } catch (error) {
      if (signal.aborted || !mayRepeat(error) || Date.now() + pause >= deadline) throw error
    }
    // Aborting only ends the pause: the next attempt then fails with the reason.
    await delay(pause, undefined, { signal }).catch(() => {})
  }
}
