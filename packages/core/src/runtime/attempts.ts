/** One call of user code: tried again after it failed, within a time for each attempt, until it is given up. */
import { MillraceError } from '@millrace/state'
import { BackOff } from '../client/back-off.js'
import type { Clock } from '../clock.js'
import type { AsyncPolicy } from '../operators/async-call.js'

type AttemptPolicy = Pick<AsyncPolicy, 'timeoutMs' | 'attempts' | 'backoffMs' | 'maxBackoffMs' | 'retryable'>

export interface AttemptModules<R> {
  call(signal: AbortSignal, attempt: number): PromiseLike<R>
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

export class Attempts<R> {
  readonly #policy: AttemptPolicy
  readonly #modules: AttemptModules<R>
  #ended = false
  /** Gives up the attempt or the pause that is under way. */
  #stop: (reason: unknown) => void = () => {}

  constructor(policy: AttemptPolicy, modules: AttemptModules<R>) {
    this.#policy = policy
    this.#modules = modules
  }

  /** Rejects with `AttemptsFailed`, with what `retryable` throws, or with the reason of `end`. */
  async run(): Promise<R> {
    const { attempts, backoffMs, maxBackoffMs, retryable } = this.#policy
    let backOff: BackOff | undefined
    for (let number = 1; ; number++) {
      try {
        return await this.#once(number)
      } catch (error) {
        if (this.#ended) throw error
        if (number >= attempts || !retryable(error, number)) throw new AttemptsFailed(number, error)
        backOff ??= new BackOff({ firstMs: backoffMs, maxMs: maxBackoffMs })
        // Half of it by chance, so that calls that failed together do not come back together.
        await this.#pause(backOff.failed() * (0.5 + this.#modules.random() / 2))
      }
    }
  }

  /** Fires the signal. There is no other attempt, and what comes of this one is dropped. */
  end(reason: unknown): void {
    this.#ended = true
    this.#stop(reason)
  }

  #once(number: number): Promise<R> {
    const { call, clock } = this.#modules
    const { timeoutMs } = this.#policy
    const controller = new AbortController()
    return new Promise<R>((resolve, reject) => {
      const fail = (reason: unknown) => {
        cancel()
        reject(reason)
      }
      const stop = (reason: unknown) => {
        controller.abort(reason)
        fail(reason)
      }
      const cancel = clock.after(timeoutMs, () =>
        stop(new MillraceError('ASYNC_CALL_TIMED_OUT', `The call took more than ${timeoutMs} ms.`))
      )
      this.#stop = stop
      begin(() => call(controller.signal, number)).then(result => {
        cancel()
        resolve(result)
      }, fail)
    })
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#modules.clock.after(ms, resolve)
      this.#stop = reason => {
        cancel()
        reject(reason)
      }
    })
  }
}

/** As a promise, also of what is thrown at once. */
async function begin<R>(call: () => PromiseLike<R>): Promise<R> {
  return call()
}
