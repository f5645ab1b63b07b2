/** The calls of one async operator in one task: how many run at once, whose turn it is, and in which order results leave. */
import type { Clock } from '../clock.js'
import type { AsyncPolicy, AsyncStep, PendingRecord } from '../operators/async-call.js'
import type { Process } from '../operators/operator.js'
import type { RecordContext } from '../record.js'
import { attempt, AttemptsFailed } from './attempts.js'
import { Fifo } from './fifo.js'

/** The operator is full when it has this many records for each call that may run: they wait for a turn or to leave. */
const HELD_PER_CALL = 4

/** A record from its coming to its leaving. */
interface Held extends PendingRecord {
  readonly lane: string | undefined
  outcome: Outcome | undefined
}

type Outcome = { readonly result: unknown } | { readonly error: unknown }

export interface AsyncCallsModules {
  readonly step: AsyncStep<any>
  readonly clock: Pick<Clock, 'after'>
  random(): number
  /** Something can be passed on. */
  onOutcome(): void
}

export class AsyncCalls {
  readonly #policy: AsyncPolicy
  readonly #modules: AsyncCallsModules
  /** Of each call that runs. One signal for all would have as many listeners as there are calls. */
  readonly #ends = new Set<AbortController>()
  /** Whose turn it is once fewer calls run. */
  readonly #turns = new Fifo<Held>()
  /** Of each key with a record among the turns or at work: those that come after it. */
  readonly #lanes = new Map<string, Fifo<Held>>()
  /** In the order in which they leave: as they came, or as their calls ended. */
  readonly #leaving = new Fifo<Held>()
  #held = 0
  #closed = false

  constructor(policy: AsyncPolicy, modules: AsyncCallsModules) {
    this.#policy = policy
    this.#modules = modules
  }

  /** No more records are to come until some have left. Those that come all the same wait their turn. */
  get full(): boolean {
    return this.#held >= this.#policy.concurrency * HELD_PER_CALL
  }

  /** Whether there are records that have not left. */
  get busy(): boolean {
    return this.#held > 0
  }

  readonly add: Process = (key: unknown, value: unknown, timestamp: number, context: RecordContext) => {
    const { lane: laneOf, inOrder } = this.#policy
    const lane = key === null ? undefined : laneOf?.(key)
    const held: Held = { key, value, timestamp, context, lane, outcome: undefined }
    this.#held++
    if (inOrder) this.#leaving.add(held)
    if (lane !== undefined) {
      const after = this.#lanes.get(lane)
      if (after !== undefined) return after.add(held)
      this.#lanes.set(lane, new Fifo())
    }
    this.#turns.add(held)
    this.#start()
  }

  /** The next record that may leave, or one whose call failed: throw what `leave` does with it. */
  next(): PendingRecord | undefined {
    const { first } = this.#leaving
    return first?.outcome === undefined ? undefined : first
  }

  /** Passes the record of `next` on. Throws why its call failed, or what is thrown downstream. */
  leave(): void {
    const held = this.#leaving.take()!
    this.#held--
    if ('error' in held.outcome!) throw held.outcome.error
    this.#modules.step.done(held.outcome!.result, held)
  }

  /** Fires the signals of all calls. No call is made after that, and no result leaves. */
  close(): void {
    this.#closed = true
    const reason = new DOMException('The task ended.', 'AbortError')
    for (const end of this.#ends) end.abort(reason)
  }

  #start(): void {
    while (this.#ends.size < this.#policy.concurrency && !this.#closed) {
      const held = this.#turns.take()
      if (held === undefined) return
      void this.#run(held)
    }
  }

  async #run(held: Held): Promise<void> {
    const end = new AbortController()
    this.#ends.add(end)
    held.outcome = await this.#outcome(held, end.signal)
    this.#ends.delete(end)
    if (this.#closed) return
    if (!this.#policy.inOrder) this.#leaving.add(held)
    this.#endTurn(held)
    this.#start()
    if (this.next() !== undefined) this.#modules.onOutcome()
  }

  async #outcome(held: Held, end: AbortSignal): Promise<Outcome> {
    const { step } = this.#modules
    const { context } = held
    try {
      const result: unknown = await attempt(
        (signal, number) => step.call(held, { signal, attempt: number, context }),
        { ...this.#policy, end },
        this.#modules
      )
      return { result }
    } catch (error) {
      const failed = error instanceof AttemptsFailed && !this.#closed
      return failed && step.fallback !== undefined ? fallBack(step.fallback, error, held) : { error }
    }
  }

  #endTurn({ lane }: Held): void {
    if (lane === undefined) return
    const after = this.#lanes.get(lane)!.take()
    if (after === undefined) this.#lanes.delete(lane)
    else this.#turns.add(after)
  }
}

function fallBack(fallback: NonNullable<AsyncStep<unknown>['fallback']>, { cause }: Error, held: Held): Outcome {
  try {
    return { result: fallback(cause, held) }
  } catch (error) {
    return { error }
  }
}
