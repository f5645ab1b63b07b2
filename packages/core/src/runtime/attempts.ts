/** One call of user code: tried again after it failed, within a time for each attempt, until it is given up. */
import { MillraceError } from '@millrace/state'
import { BackOff } from '../client/back-off.js'
import type { Clock } from '../clock.js'
import type { AsyncPolicy } from '../operators/async-call.js'
import { ABORTED, unlessAborted } from './unless-aborted.js'

type AttemptPolicy = Pick<AsyncPolicy, 'timeoutMs' | 'attempts' | 'backoffMs' | 'maxBackoffMs' | 'retryable'>

export interface AttemptModules {
  readonly clock: Pick<Clock, 'after'>
  /** From 0 to 1. */
  random(): number
}

/** How many attempts were made, and why the last failed. */
export class AttemptsFailed extends Error {
  readonly attempts: number

  constructor(attempts: number, cause: unknown) {
    super(`failed ${attempts} times`, { cause })
    this.attempts = attempts
  }
}

/** Rejects with `AttemptsFailed`, with what `retryable` throws, or with whatever came of it once `end` has fired. */
export async function attempt<R>(
  call: (signal: AbortSignal, attempt: number) => PromiseLike<R>,
  { end, ...policy }: AttemptPolicy & { readonly end: AbortSignal },
  modules: AttemptModules
): Promise<R> {
  const backOff = new BackOff({ firstMs: policy.backoffMs, maxMs: policy.maxBackoffMs })
  for (let number = 1; ; number++) {
    try {
      return await once(signal => call(signal, number), policy.timeoutMs, end, modules.clock)
    } catch (error) {
      const last = end.aborted || number >= policy.attempts || !policy.retryable(error, number)
      if (last) throw new AttemptsFailed(number, error)
      // Half of it by chance, so that calls that failed together do not come back together.
      await pause(backOff.failed() * (0.5 + modules.random() / 2), end, modules.clock)
    }
  }
}

async function once<R>(
  call: (signal: AbortSignal) => PromiseLike<R>,
  timeoutMs: number,
  end: AbortSignal,
  clock: Pick<Clock, 'after'>
): Promise<R> {
  const controller = new AbortController()
  const cancel = clock.after(timeoutMs, () =>
    controller.abort(new MillraceError('ASYNC_CALL_TIMED_OUT', `The call took more than ${timeoutMs} ms.`))
  )
  const stop = () => controller.abort(end.reason)
  end.addEventListener('abort', stop, { once: true })
  try {
    const result = await unlessAborted(Promise.resolve(call(controller.signal)), controller.signal)
    if (result === ABORTED) throw controller.signal.reason
    return result
  } finally {
    cancel()
    end.removeEventListener('abort', stop)
  }
}

async function pause(ms: number, end: AbortSignal, clock: Pick<Clock, 'after'>): Promise<void> {
  let cancel: () => void = () => {}
  const over = new Promise<void>(resolve => {
    cancel = clock.after(ms, resolve)
  })
  if ((await unlessAborted(over, end)) === ABORTED) {
    cancel()
    throw end.reason
  }
}
