/** Waits for something to become true by looking again and again, instead of sleeping for a guessed time. */
import { setTimeout as delay } from 'node:timers/promises'

/** Resolves once `check` passes; rejects with its last failure after `timeoutMs`. */
export async function eventually(check: () => Promise<unknown>, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (Date.now() >= deadline) throw error
    }
    await delay(100)
  }
}
