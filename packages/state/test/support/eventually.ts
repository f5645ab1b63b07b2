/** Waits for something to become true by looking again and again, instead of sleeping for a guessed time. */

/** Resolves once `check` passes; rejects with its last failure after `timeoutMs`. */
export async function eventually(check: () => unknown, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (Date.now() >= deadline) throw error
    }
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
