/** The calls of one async operator in one task: how many run at once, whose turn it is, and in which order results leave. */
import type { Clock } from '../clock.js'
import type { AsyncPolicy, AsyncStep, PendingRecord } from '../operators/async-call.js'
import type { Process } from '../operators/operator.js'
import type { RecordContext } from '../record.js'
import { Attempts, AttemptsFailed } from './attempts.js'
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
  readonly #running = new Set<Attempts<unknown>>()
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
    for (const attempts of this.#running) attempts.end(reason)
  }

  #start(): void {
    while (this.#running.size < this.#policy.concurrency && !this.#closed) {
      const held = this.#turns.take()
      if (held === undefined) return
      void this.#run(held)
    }
  }

  async #run(held: Held): Promise<void> {
    const { clock, random, step } = this.#modules
    const { context } = held
    const attempts = new Attempts<unknown>(this.#policy, {
      clock,
      random,
      call: (signal, attempt) => step.call(held, { signal, attempt, context })
    })
    this.#running.add(attempts)
    const outcome = await attempts.run().then(
      result => ({ result }),
      (error: unknown) => ({ error })
    )
    this.#running.delete(attempts)
    if (this.#closed) return
    held.outcome = 'error' in outcome ? this.#failed(outcome.error, held) : outcome
    if (!this.#policy.inOrder) this.#leaving.add(held)
    this.#endTurn(held)
    this.#start()
    if (this.next() !== undefined) this.#modules.onOutcome()
  }

  #failed(error: unknown, held: Held): Outcome {
    const { fallback } = this.#modules.step
    if (fallback === undefined || !(error instanceof AttemptsFailed)) return { error }
    try {
      return { result: fallback(error.cause, held) as unknown }
    } catch (thrown) {
      return { error: thrown }
    }
  }

  #endTurn({ lane }: Held): void {
    if (lane === undefined) return
    const after = this.#lanes.get(lane)!.take()
    if (after === undefined) this.#lanes.delete(lane)
    else this.#turns.add(after)
  }
}
