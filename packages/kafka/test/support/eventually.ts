/** Waiting for something that takes its time. */
import { setTimeout as delay } from 'node:timers/promises'

/** Tries again until `attempt` passes; after `withinMs` its last error stands. */
export async function eventually<T>(attempt: () => Promise<T>, withinMs = 30_000): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await delay(50)
    }
  }
}

/** What the promise is rejected with; a promise that resolves is an error. */
export async function failureOf(call: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  const resolved = Symbol('resolved')
  const outcome: unknown = await call.then(
    () => resolved,
    (error: unknown) => error
  )
  if (outcome === resolved) throw new Error('expected a failure, but the call succeeded')
  if (!(outcome instanceof Error)) throw new Error(`not an error: ${String(outcome)}`)
  return outcome
}
