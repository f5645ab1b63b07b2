/** How far a group is in its input, from the moment it has a process. */
import type { BrokerConnection, TopicPartition } from '@millrace/core'
import type { Child } from '../child.js'

const LOOK_EVERY_MS = 50
/** Fewer commits tell nothing about what happened between them. */
const LEAST_COMMITS = 6
/** Kafka Streams with more keys than its caches hold has committed nothing for over two minutes, and come to its end in four. */
const LONGEST_PAUSE_MS = 600_000

interface Look {
  /** Milliseconds since the start. */
  readonly at: number
  readonly committed: number
}

export class Progress {
  readonly #connection: BrokerConnection
  readonly #groupId: string
  readonly #longestMs: number
  readonly #startedAt = performance.now()
  readonly #looks: Look[] = []
  #committed = 0
  #changedAt = performance.now()

  constructor(
    { groupId, longestMs = Infinity }: { readonly groupId: string; readonly longestMs?: number | undefined },
    modules: { readonly connection: BrokerConnection }
  ) {
    this.#groupId = groupId
    this.#longestMs = longestMs
    this.#connection = modules.connection
  }

  /**
   * Resolves once the group has committed the ends of the topics, looked at in their order: what an upstream topic is
   * committed for has been written downstream before, so the last look settles it. Rejects when the process ends, or
   * commits nothing for ten minutes, or takes longer than it may.
   */
  async finished(inputs: readonly string[], downstream: readonly string[], child: Child): Promise<void> {
    for (let at = 0; at <= downstream.length;) {
      this.#requireProgress(child)
      const topics = at === 0 ? inputs : [downstream[at - 1]!]
      if (await this.#isCommitted(topics, at === 0)) at++
      else await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  /** Seconds from a tenth of the input to nine tenths, as commits show it; undefined where there were too few. */
  get steadySeconds(): number | undefined {
    const end = this.#looks.at(-1)?.committed ?? 0
    const commits = this.#looks.filter(({ committed }, i) => committed !== this.#looks[i - 1]?.committed)
    if (commits.length < LEAST_COMMITS) return undefined
    return (reached(commits, end * 0.9) - reached(commits, end * 0.1)) / 1000
  }

  #requireProgress(child: Child): void {
    if (child.ended) throw child.failure()
    if (performance.now() - this.#startedAt > this.#longestMs) {
      const committed = this.#committed.toLocaleString('en-US')
      throw new Error(`cut off after ${this.#longestMs / 1000} s, with ${committed} offsets committed`)
    }
    if (performance.now() - this.#changedAt > LONGEST_PAUSE_MS)
      throw new Error(`nothing was committed for ten minutes, ${this.#committed} offsets until then`)
  }

  async #isCommitted(topics: readonly string[], isInput: boolean): Promise<boolean> {
    const described = await this.#connection.describeTopics(topics)
    if (described.size < topics.length) return false
    const partitions: TopicPartition[] = [...described.values()].flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => ({ topic: name, partition }))
    )
    const [ends, committed] = await Promise.all([
      this.#connection.listOffsets(partitions, 'latest'),
      this.#connection.fetchOffsets(this.#groupId, partitions)
    ])
    const reachedOffsets = new Map(committed.map(({ topic, partition, offset }) => [`${topic} ${partition}`, offset]))
    const at = (topic: string, partition: number): number =>
      Math.max(0, reachedOffsets.get(`${topic} ${partition}`) ?? 0)
    const done = ends.reduce((sum, { topic, partition }) => sum + at(topic, partition), 0)
    if (done !== this.#committed) {
      this.#committed = done
      this.#changedAt = performance.now()
    }
    if (isInput) this.#looks.push({ at: performance.now() - this.#startedAt, committed: done })
    return done > 0 && ends.every(({ topic, partition, offset }) => at(topic, partition) >= offset)
  }
}

/** When so much was committed, if things went evenly between two commits. */
function reached(commits: readonly Look[], amount: number): number {
  const after = commits.findIndex(({ committed }) => committed >= amount)
  const [before, next] = [commits[after - 1]!, commits[after]!]
  return before.at + ((next.at - before.at) * (amount - before.committed)) / (next.committed - before.committed)
}
