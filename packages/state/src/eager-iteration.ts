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

/** The same iteration with each entry made into another; its view is taken when the given one's is. */
export function mappedIteration<T, R>(
  iteration: AsyncIterableIterator<T>,
  map: (entry: T) => R & {}
): AsyncIterableIterator<R> {
  return selectedIteration<T, R>(iteration, map)
}

/** As a mapped iteration, without the entries that are made into undefined. */
export function selectedIteration<T, R>(
  iteration: AsyncIterableIterator<T>,
  select: (entry: T) => R | undefined
): AsyncIterableIterator<R> {
  return {
    async next() {
      for (;;) {
        const step = await iteration.next()
        if (step.done === true) return { done: true, value: undefined }
        const value = select(step.value)
        if (value !== undefined) return { done: false, value }
      }
    },
    async return() {
      await iteration.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    }
  }
}
