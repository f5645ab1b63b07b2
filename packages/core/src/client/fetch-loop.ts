/** Long polls of one node: always one in flight while there is a partition to fetch for. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BrokerConnection, FetchRequest, FetchResult } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import { Alarm } from './alarm.js'
import { BackOff } from './back-off.js'
import type { FetchPosition } from './fetch-position.js'
import { partitionKey } from './partition-key.js'

/** A poll without an answer for this long, in ms, is taken to wait for records, not to carry them. */
const IDLE_POLL_MS = 50

export interface FetchLoopModules {
  readonly connection: Pick<BrokerConnection, 'fetch'>
  readonly clock: Clock
  /** The partitions to fetch now from this node, the first first. */
  positions(): readonly FetchPosition[]
  maxBytesOf(position: FetchPosition): number
  isCurrent(position: FetchPosition): boolean
  onResult(position: FetchPosition, asked: number, result: FetchResult): void
  /** False: give up. The loop waits before it goes on. */
  onFailure(error: unknown, positions: readonly FetchPosition[]): boolean
  onAnswer(): void
}

interface Poll {
  readonly positions: readonly FetchPosition[]
  readonly abort: AbortController
  readonly since: number
}

export class FetchLoop {
  readonly #node: number
  readonly #limits: Omit<FetchRequest, 'partitions'>
  readonly #modules: FetchLoopModules
  readonly #alarm: Alarm
  readonly #backOff = new BackOff()
  readonly ended: Promise<void>
  #poll: Poll | undefined
  #stopped = false

  constructor(
    options: { readonly node: number; readonly limits: Omit<FetchRequest, 'partitions'> },
    modules: FetchLoopModules
  ) {
    this.#node = options.node
    this.#limits = options.limits
    this.#modules = modules
    this.#alarm = new Alarm(modules)
    this.ended = this.#run()
  }

  /** There are more partitions to fetch for: a poll that only waits is cut short. */
  more(): void {
    this.#alarm.ring()
    const poll = this.#poll
    if (poll === undefined) return
    const { clock } = this.#modules
    const left = poll.since + IDLE_POLL_MS - clock.now()
    if (left <= 0) poll.abort.abort()
    else clock.after(left, () => poll.abort.abort())
  }

  /** There are fewer: a poll nobody waits for any longer is cut short. */
  less(): void {
    const poll = this.#poll
    if (poll !== undefined && !poll.positions.some(position => this.#modules.isCurrent(position))) poll.abort.abort()
  }

  stop(): void {
    this.#stopped = true
    this.#poll?.abort.abort()
    this.#alarm.ring()
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      // Partitions added within one turn are asked for together, and a broker that answers within the turn (the embedded
      // log in memory) does not keep whoever processes the records from running, and from pausing.
      await nextTurn()
      const positions = this.#modules.positions()
      if (positions.length === 0) await this.#alarm.wait()
      else if (!(await this.#fetch(positions))) return
    }
  }

  async #fetch(positions: readonly FetchPosition[]): Promise<boolean> {
    const { connection, clock, maxBytesOf, onResult, onFailure, onAnswer } = this.#modules
    const asked = new Map(positions.map(position => [partitionKey(position), { position, offset: position.offset }]))
    const poll = { positions, abort: new AbortController(), since: clock.now() }
    this.#poll = poll
    const partitions = positions.map(position => {
      const { topic, partition, offset } = position
      return { topic, partition, offset, maxBytes: maxBytesOf(position) }
    })
    try {
      const results = await connection.fetch(this.#node, { ...this.#limits, partitions }, poll.abort.signal)
      this.#poll = undefined
      this.#backOff.succeeded()
      onAnswer()
      for (const result of results) {
        const question = asked.get(partitionKey(result))
        if (question !== undefined && !this.#stopped) onResult(question.position, question.offset, result)
      }
    } catch (error) {
      this.#poll = undefined
      if (poll.abort.signal.aborted || this.#stopped) return true
      if (!onFailure(error, positions)) return false
      await this.#rest(this.#backOff.failed())
    }
    return true
  }

  async #rest(ms: number): Promise<void> {
    const { clock } = this.#modules
    const until = clock.now() + ms
    for (let left = ms; left > 0 && !this.#stopped; left = until - clock.now()) await this.#alarm.wait(left)
  }
}
