/**
 * The states of an application and the steps between them, in Kafka Streams' words (KafkaStreams.State).
 *
 * ```
 *  CREATED ──► REBALANCING ◄──► RUNNING
 *     │             │              │
 *     │             ├──────────────┴──► PENDING_ERROR ──► ERROR
 *     └─────────────┴──────────────┴──► PENDING_SHUTDOWN ──► NOT_RUNNING
 * ```
 */
import { MillraceError } from '@millrace/state'

/** The state of an application, in the words of Kafka Streams' `KafkaStreams.State`. */
export type StreamsState =
  'CREATED' | 'REBALANCING' | 'RUNNING' | 'PENDING_SHUTDOWN' | 'NOT_RUNNING' | 'PENDING_ERROR' | 'ERROR'

const TRANSITIONS: Record<StreamsState, readonly StreamsState[]> = {
  CREATED: ['REBALANCING', 'PENDING_SHUTDOWN'],
  REBALANCING: ['RUNNING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  RUNNING: ['REBALANCING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  PENDING_SHUTDOWN: ['NOT_RUNNING', 'PENDING_ERROR'],
  NOT_RUNNING: [],
  PENDING_ERROR: ['ERROR'],
  ERROR: []
}

/** Holds the state and lets only the steps of the diagram through. */
export class Lifecycle {
  #state: StreamsState = 'CREATED'
  readonly #onChange: (state: StreamsState, previous: StreamsState) => void

  constructor(onChange: (state: StreamsState, previous: StreamsState) => void) {
    this.#onChange = onChange
  }

  get state(): StreamsState {
    return this.#state
  }

  canGo(to: StreamsState): boolean {
    return TRANSITIONS[this.#state].includes(to)
  }

  /** Throws `STATE_TRANSITION` for a step that is not in the diagram. */
  go(to: StreamsState): void {
    if (!this.canGo(to)) {
      throw new MillraceError('STATE_TRANSITION', `An application that is ${this.#state} cannot become ${to}.`)
    }
    const previous = this.#state
    this.#state = to
    this.#onChange(to, previous)
  }
}
