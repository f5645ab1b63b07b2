/** An application of async operators as a program of its own, and the journal in which its calls leave their traces. */
import type { AsyncOrder } from '@millrace/core'

/** The program's only argument, as JSON. */
export interface RatingOptions {
  /** Of the process, for the journal. */
  readonly name: string
  readonly brokers: readonly string[]
  readonly applicationId: string
  readonly stateDirectory: string
  /** A file to which all processes append. */
  readonly journal: string
  readonly input: string
  /** One operator for each. */
  readonly outputs: Partial<Record<AsyncOrder, string>>
  /** Whether calls end only when their signals fire. */
  readonly holding: boolean
}

/** What became of a call: it is there before the call's promise is settled. */
export interface Trace {
  readonly process: string
  readonly event: 'began' | 'failed' | 'done' | 'aborted'
  readonly order: AsyncOrder
  readonly partition: number
  readonly offset: number
}

export function written(trace: Trace): string {
  return `${JSON.stringify(trace)}\n`
}

/** A line that a killed process did not write to its end counts for nothing. */
export function traces(journal: string): Trace[] {
  return journal
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as Trace)
}
