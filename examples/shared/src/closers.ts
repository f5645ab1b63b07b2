/** What a run has opened, and its end. */
import { setTimeout as delay } from 'node:timers/promises'

/** Things opened, each closed once, the last first. */
export class Closers {
  readonly #closers: (() => Promise<unknown>)[] = []

  add(close: () => Promise<unknown>): void {
    this.#closers.push(close)
  }

  /** Closes everything, whatever fails on the way; then rejects with the first failure. */
  async closeAll(): Promise<void> {
    const failures: unknown[] = []
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}

/** Runs, then closes what was opened. After an interrupt a failure is of no matter any more; otherwise it rejects with it. */
export async function withClosers(interrupt: AbortSignal, run: (closers: Closers) => Promise<void>): Promise<void> {
  const closers = new Closers()
  try {
    await run(closers)
  } catch (error) {
    await closers.closeAll().catch(() => undefined) // the first failure is the one to tell
    if (!interrupt.aborted) throw error
    return
  }
  await closers.closeAll()
}

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await delay(100_000, undefined, { signal }).catch(() => undefined)
}
