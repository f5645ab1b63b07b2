/** Which topics a worker's topology reads as time goes on: topics are made that a pattern matches, and others go. */
import type { BrokerConnection } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { Topology } from '../topology/topology.js'
import { countsOf, prepareTopics, type PrepareTopicsOptions } from './internal-topics.js'
import { matchingTopics, patternMatcher } from './matching-topics.js'
import { planTasks, type TaskPlan } from './task-plan.js'

export interface SubscriptionOptions extends PrepareTopicsOptions {
  /** How often the broker is asked for its topics, in ms. */
  readonly metadataMaxAgeMs: number
}

export interface SubscriptionModules {
  readonly topology: Topology
  /** What the application has found when it started. */
  readonly plan: TaskPlan
  readonly connection: BrokerConnection
  readonly logger: Logger
  readonly clock: Clock
  /** The group is to plan anew. */
  onChange(reason: string): void
}

/**
 * Each member looks for topics; one that finds others joins its group again, whose leader plans with what it sees then and
 * tells all, so that all have the same tasks.
 */
export class Subscription {
  readonly #options: SubscriptionOptions
  readonly #modules: SubscriptionModules
  #plan: TaskPlan
  /** The topics that patterns match, as last seen. */
  #matched: ReadonlyMap<string, number>
  #cancel: (() => void) | undefined
  #stopped = false

  constructor(options: SubscriptionOptions, modules: SubscriptionModules) {
    this.#options = options
    this.#modules = modules
    this.#plan = modules.plan
    this.#matched = this.#planned
  }

  /** Of the leader's last assignment. */
  get plan(): TaskPlan {
    return this.#plan
  }

  /** Of everything that tasks write: the plan's topics and its changelogs. */
  get partitionCounts(): ReadonlyMap<string, number> {
    const counts = new Map(this.#plan.partitionCounts)
    for (const { name, partitions } of this.#plan.internalTopics.values()) counts.set(name, partitions)
    return counts
  }

  /** What to tell the group, those topics included that were only just seen. */
  get topics(): readonly string[] {
    const planned = this.#planned
    return [...this.#plan.inputTopics.filter(topic => !planned.has(topic)), ...this.#matched.keys()]
  }

  start(): void {
    if (this.#plan.byPattern) this.#lookLater()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  /** For the group's leader: the plan for what there is now, its internal topics made. Rejects as `prepareTopics` does. */
  async renew(): Promise<TaskPlan> {
    return this.#plan.byPattern ? prepareTopics(this.#options, this.#modules) : this.#plan
  }

  /** Takes over what the leader has planned with. */
  follow(partitionCounts: ReadonlyMap<string, number> | undefined): void {
    if (partitionCounts === undefined || sameCounts(partitionCounts, this.#plan.externalCounts)) return
    this.#plan = planTasks(this.#options, { topology: this.#modules.topology, partitionCounts })
    this.#matched = this.#planned
  }

  get #planned(): Map<string, number> {
    const matches = patternMatcher(this.#matching)
    return new Map([...this.#plan.externalCounts].filter(([topic]) => matches(topic)))
  }

  get #matching() {
    return { applicationId: this.#options.applicationId, topology: this.#modules.topology }
  }

  #lookLater(): void {
    const { clock } = this.#modules
    this.#cancel = clock.after(this.#options.metadataMaxAgeMs, () => void this.#look())
  }

  async #look(): Promise<void> {
    const { connection, logger, onChange } = this.#modules
    try {
      const topics = await matchingTopics(this.#matching, connection)
      this.#matched = new Map(countsOf(await connection.describeTopics(topics)))
      if (!this.#stopped && !sameCounts(this.#matched, this.#planned)) onChange('topics that match have come or gone')
    } catch (cause) {
      // The group and the fetches have the same broker, and give up where it stays away.
      if (!this.#stopped) logger.warn({ cause }, 'could not look for topics that match; trying again later')
    }
    if (!this.#stopped) this.#lookLater()
  }
}

function sameCounts(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([topic, count]) => b.get(topic) === count)
}
