/** Pure: which tasks a topology becomes, given how many partitions its topics have, and which topics it makes for itself. */
import { MillraceError, type StoreDefinition } from '@millrace/state'
import type { NewTopic } from '../broker/broker.js'
import type { TopicPartition } from '../record.js'
import type { Subtopology, Topology } from '../topology/topology.js'
import { readsByPattern } from './matching-topics.js'
import { isOwnTopic } from './own-topics.js'

/** Kafka Streams' default of `windowstore.changelog.additional.retention.ms`: clocks differ, and streams come late. */
const CHANGELOG_ADDITIONAL_RETENTION_MS = 86_400_000

/** `<subtopology>_<partition>`, as Kafka Streams writes it. */
export type TaskId = string

export interface PlannedTask {
  readonly id: TaskId
  readonly subtopology: Subtopology
  readonly partition: number
  /** Real topic names. */
  readonly inputs: readonly TopicPartition[]
}

/** In the place of a task's id where something is of the global stores. */
export const GLOBAL_TASK_ID: TaskId = 'global'

/** What every worker reads for itself: all partitions of the topics of all global stores. */
export interface GlobalPlan {
  /** All global subtopologies as one. */
  readonly subtopology: Pick<Subtopology, 'nodes' | 'stores'>
  /** Topic by topic, partition by partition. */
  readonly inputs: readonly TopicPartition[]
}

export interface TaskPlan {
  readonly tasks: ReadonlyMap<TaskId, PlannedTask>
  /** Undefined where there are no global stores. */
  readonly global: GlobalPlan | undefined
  /** Real names of all topics that tasks read: what the group subscribes to. */
  readonly inputTopics: readonly string[]
  /** Repartition and changelog topics that must exist, by real name. */
  readonly internalTopics: ReadonlyMap<string, NewTopic>
  /** Real names of the repartition topics. */
  readonly repartitionTopics: ReadonlySet<string>
  /** Partitions of every topic the plan knows, by real name. */
  readonly partitionCounts: ReadonlyMap<string, number>
  /** What the plan was made from, so that another thread or instance can make the same. */
  readonly externalCounts: ReadonlyMap<string, number>
  /** Whether topics that are made later may belong to it. */
  readonly byPattern: boolean
}

/** The real name of a topic as a topology names it: repartition topics carry the application id. */
export function realTopicName(topology: Topology, applicationId: string, name: string): string {
  return topology.repartitionTopics.has(name) ? `${applicationId}-${name}` : name
}

/** Kafka Streams' name of a store's changelog topic. */
export function changelogTopic(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`
}

/** Topics that the user must have made: those the topology reads or writes by a fixed name. */
export function externalTopics(topology: Topology): { readonly sources: string[]; readonly sinks: string[] } {
  const external = (names: readonly string[]) => names.filter(name => !topology.repartitionTopics.has(name))
  const all = (pick: (subtopology: Subtopology) => readonly string[]) => [
    ...new Set(topology.subtopologies.flatMap(subtopology => external(pick(subtopology))))
  ]
  return { sources: all(subtopology => subtopology.sourceTopics), sinks: all(subtopology => subtopology.sinkTopics) }
}

export interface PlanOptions {
  readonly applicationId: string
  readonly replicationFactor: number
  /** How many tasks a subtopology has at least, also where no topic matches its pattern yet. Default 0. */
  readonly leastTasks?: number
}

/**
 * Plans tasks and internal topics.
 * Throws `TOPIC_MISSING` for a source topic without a count, `TOPICS_NOT_COPARTITIONED` where counts must agree and do not.
 */
export function planTasks(
  options: PlanOptions,
  modules: { readonly topology: Topology; readonly partitionCounts: ReadonlyMap<string, number> }
): TaskPlan {
  const { leastTasks = 0 } = options
  const existing = [...modules.partitionCounts.keys()].filter(topic => !isOwnTopic(options.applicationId, topic))
  const topology = readsByPattern(modules.topology) ? modules.topology.matching(existing) : modules.topology
  const counts = repartitionCounts(topology, { external: modules.partitionCounts, least: leastTasks })
  checkCopartitioning(topology, counts)
  const real = (name: string) => realTopicName(topology, options.applicationId, name)
  const tasks = new Map<TaskId, PlannedTask>()
  const internalTopics = new Map<string, NewTopic>()
  const byGroup = topology.subtopologies.filter(({ global }) => !global)
  for (const subtopology of byGroup) {
    const partitions = Math.max(leastTasks, ...subtopology.sourceTopics.map(topic => counts.get(topic)!))
    for (let partition = 0; partition < partitions; partition++) {
      const inputs = subtopology.sourceTopics
        .filter(topic => partition < counts.get(topic)!)
        .map(topic => ({ topic: real(topic), partition }))
      const id = `${subtopology.id}_${partition}`
      tasks.set(id, { id, subtopology, partition, inputs })
    }
    for (const name of subtopology.stores) {
      const store = topology.stores.get(name)!
      if (!store.logging || store.sourceTopic !== undefined || partitions === 0) continue
      const topic = changelogTopic(options.applicationId, name)
      const config = changelogConfig(store)
      internalTopics.set(topic, { name: topic, partitions, replicationFactor: options.replicationFactor, config })
    }
  }
  for (const name of topology.repartitionTopics.keys()) {
    internalTopics.set(real(name), {
      name: real(name),
      partitions: counts.get(name)!,
      replicationFactor: options.replicationFactor,
      // Kafka Streams' RepartitionTopicConfig: kept until purged, in segments small enough to be purged soon.
      config: {
        'cleanup.policy': 'delete',
        'retention.ms': '-1',
        'segment.bytes': '52428800',
        'message.timestamp.type': 'CreateTime'
      }
    })
  }
  const partitionCounts = new Map([...counts].map(([name, count]) => [real(name), count]))
  const repartitionTopics = new Set([...topology.repartitionTopics.keys()].map(real))
  const inputTopics = [...new Set(byGroup.flatMap(({ sourceTopics }) => sourceTopics.map(real)))]
  return {
    tasks,
    global: planGlobal(topology, counts),
    inputTopics,
    internalTopics,
    repartitionTopics,
    partitionCounts,
    externalCounts: modules.partitionCounts,
    byPattern: readsByPattern(topology)
  }
}

function planGlobal(topology: Topology, counts: ReadonlyMap<string, number>): GlobalPlan | undefined {
  const parts = topology.subtopologies.filter(({ global }) => global)
  if (parts.length === 0) return undefined
  const inputs = parts
    .flatMap(({ sourceTopics }) => sourceTopics)
    .flatMap(topic => Array.from({ length: counts.get(topic)! }, (_, partition) => ({ topic, partition })))
  const subtopology = { nodes: parts.flatMap(({ nodes }) => nodes), stores: parts.flatMap(({ stores }) => stores) }
  return { subtopology, inputs }
}

/** As Kafka Streams': the changelogs of stores over time keep what those keep, and a day more. */
function changelogConfig(store: StoreDefinition): Record<string, string> {
  const policy: Record<string, string> = { 'cleanup.policy': 'compact' }
  if (store.kind === 'versioned') {
    policy['min.compaction.lag.ms'] = String(store.retentionMs + CHANGELOG_ADDITIONAL_RETENTION_MS)
  } else if ('retentionMs' in store) {
    policy['cleanup.policy'] = 'compact,delete'
    policy['retention.ms'] = String(store.retentionMs + CHANGELOG_ADDITIONAL_RETENTION_MS)
  }
  return { ...policy, 'message.timestamp.type': 'CreateTime', ...store.changelogConfig }
}

/** Repartition topics without a fixed count get the largest count among the topics that feed them, transitively. */
function repartitionCounts(
  topology: Topology,
  { external, least }: { readonly external: ReadonlyMap<string, number>; readonly least: number }
): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { sourceTopics } of topology.subtopologies) {
    for (const topic of sourceTopics) {
      if (topology.repartitionTopics.has(topic)) continue
      const count = external.get(topic)
      if (count === undefined) throw missing(topic)
      counts.set(topic, count)
    }
  }
  for (const [topic, count] of external) counts.set(topic, count)
  for (const [name, { partitions }] of topology.repartitionTopics)
    if (partitions !== undefined) counts.set(name, partitions)

  // Every round settles at least one topic. The topics of a foreign-key join feed one another in a circle, and are as many
  // as what they are joined with. One that feeds itself, as where a stream is merged with what came of it, is as wide as
  // the others that feed it.
  let open = [...topology.repartitionTopics.keys()].filter(name => !counts.has(name))
  while (open.length > 0) {
    const settle = (countOf: typeof feedingCount): boolean => {
      const settled = open.filter(
        name => !counts.has(name) && setCount(counts, name, countOf(topology, name, { counts, least }))
      )
      return settled.length > 0
    }
    if (!settle(feedingCount) && !settle(copartitionedCount) && !settle(knownFeedingCount)) {
      throw new MillraceError(
        'TOPIC_PARTITIONS_UNKNOWN',
        `The partition counts of ${open.join(', ')} depend on one another, or on a pattern that no topic matches yet. ` +
          'Give one of them a count with the option partitions, or create a topic that matches.'
      )
    }
    open = open.filter(name => !counts.has(name))
  }
  adaptToCopartitioned(topology, counts)
  return counts
}

interface KnownCounts {
  readonly counts: ReadonlyMap<string, number>
  /** Of tasks, and so of what they write. */
  readonly least: number
}

function feedingCount(topology: Topology, name: string, { counts, least }: KnownCounts): number | undefined {
  let largest = least
  for (const subtopology of topology.subtopologies) {
    if (!subtopology.sinkTopics.includes(name)) continue
    for (const topic of subtopology.sourceTopics) {
      const count = counts.get(topic)
      if (count === undefined) return undefined
      largest = Math.max(largest, count)
    }
  }
  return largest === 0 ? undefined : largest
}

function knownFeedingCount(topology: Topology, name: string, { counts }: KnownCounts): number | undefined {
  const feeding = topology.subtopologies.filter(({ sinkTopics }) => sinkTopics.includes(name))
  const known = feeding.flatMap(({ sourceTopics }) => sourceTopics.filter(topic => counts.has(topic)))
  return known.length === 0 ? undefined : Math.max(...known.map(topic => counts.get(topic)!))
}

function setCount(counts: Map<string, number>, name: string, count: number | undefined): boolean {
  if (count !== undefined) counts.set(name, count)
  return count !== undefined
}

/** What the topics of fixed count have with which the topic must be co-partitioned. */
function copartitionedCount(topology: Topology, name: string, { counts }: KnownCounts): number | undefined {
  const fixed = topology.copartitioned
    .filter(group => group.includes(name))
    .flatMap(group => group.filter(topic => topic !== name && counts.has(topic)))
  return fixed.length === 0 ? undefined : Math.max(...fixed.map(topic => counts.get(topic)!))
}

/** Within a co-partitioned set, repartition topics of free count take the count of the set. */
function adaptToCopartitioned(topology: Topology, counts: Map<string, number>): void {
  for (const group of topology.copartitioned) {
    const free = (topic: string) =>
      topology.repartitionTopics.has(topic) && topology.repartitionTopics.get(topic)!.partitions === undefined
    const fixed = group.filter(topic => !free(topic))
    const wanted = Math.max(...(fixed.length > 0 ? fixed : group).map(topic => counts.get(topic)!))
    for (const topic of group) if (free(topic)) counts.set(topic, wanted)
  }
}

function checkCopartitioning(topology: Topology, counts: ReadonlyMap<string, number>): void {
  for (const group of topology.copartitioned) {
    const [first, ...rest] = group
    const wrong = rest.find(topic => counts.get(topic) !== counts.get(first!))
    if (wrong === undefined) continue
    const listed = group.map(topic => `${topic} has ${counts.get(topic)}`).join(', ')
    throw new MillraceError(
      'TOPICS_NOT_COPARTITIONED',
      `A join or merge needs topics with the same number of partitions, but ${listed}. ` +
        'Make the counts equal, or put .repartition() before the join.',
      { details: { topics: group } }
    )
  }
}

function missing(topic: string): MillraceError {
  return new MillraceError(
    'TOPIC_MISSING',
    `Source topic ${topic} does not exist. Create it before the application starts.`,
    {
      details: { topic }
    }
  )
}
