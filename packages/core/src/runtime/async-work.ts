/** What the async operators of one task have under way, as one thing to be fed, waited for and passed on. */
import { MillraceError } from '@millrace/state'
import type { AsyncCalls } from './async-calls.js'
import { NodeFailure } from './pipeline.js'
import { processingError } from './processing-error.js'
import { ABORTED, unlessAborted } from './unless-aborted.js'

interface Stage {
  readonly node: string
  readonly calls: AsyncCalls
}

export class AsyncWork {
  /** Upstream first. */
  readonly #stages: Stage[] = []
  readonly #modules: { onResult(): void }
  /** Something has come that was not passed on. */
  #ready = false
  #wake: (() => void) | undefined

  constructor(modules: { onResult(): void }) {
    this.#modules = modules
  }

  /** Operators are compiled downstream first. */
  add(node: string, calls: AsyncCalls): void {
    this.#stages.unshift({ node, calls })
  }

  get full(): boolean {
    return this.#stages.some(({ calls }) => calls.full)
  }

  get busy(): boolean {
    return this.#stages.some(({ calls }) => calls.busy)
  }

  readonly onOutcome = (): void => {
    if (this.#ready) return
    this.#ready = true
    this.#wake?.()
    this.#modules.onResult()
  }

  /** Passes on what has come; returns of how many records. Throws `ASYNC_CALL_FAILED`, and what is thrown downstream. */
  passOn(): number {
    if (!this.#ready) return 0
    this.#ready = false
    let count = 0
    for (const { node, calls } of this.#stages) {
      for (let record = calls.next(); record !== undefined; record = calls.next()) {
        try {
          calls.leave()
        } catch (error) {
          throw processingError(named(node, error), record.context)
        }
        count++
      }
    }
    return count
  }

  /** Resolves when nothing is under way, or the signal has fired. */
  async settle(signal?: AbortSignal): Promise<void> {
    for (this.passOn(); this.busy; this.passOn()) {
      const ready = new Promise<void>(resolve => {
        this.#wake = resolve
      })
      if ((await unlessAborted(ready, signal)) === ABORTED) return
    }
  }
}

function named(node: string, error: unknown): unknown {
  return error instanceof NodeFailure || error instanceof MillraceError ? error : new NodeFailure(node, error)
}
