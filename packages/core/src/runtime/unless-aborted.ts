/** Waits for something until a signal says that it is of no matter any more. */

/** What a wait that was given up resolves with. */
export const ABORTED = Symbol('aborted')

/** The promise's outcome, or `ABORTED` once the signal is; what comes of the promise after that is dropped. */
export async function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T | typeof ABORTED> {
  if (signal === undefined) return promise
  let giveUp: () => void = () => {}
  const aborted = new Promise<typeof ABORTED>(resolve => {
    giveUp = () => resolve(ABORTED)
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
