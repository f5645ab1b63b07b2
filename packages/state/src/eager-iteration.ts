/** Makes an iteration whose view was taken at the call, before anybody asked for its first entry. */

/**
 * Steps through `entries` and calls `release` when the consumer stops early, even before the first step: a generator
 * that never ran does not run its `finally`.
 */
export function eagerIteration<T>(
  entries: AsyncGenerator<T, void>,
  release: () => Promise<unknown>
): AsyncIterableIterator<T> {
  return {
    next: () => entries.next(),
    async return() {
      const end = await entries.return()
      await release()
      return end
    },
    [Symbol.asyncIterator]() {
      return this
    }
  }
}
