/** At the start of an application that has run before: whether its topology still finds what an earlier one has kept. */
import { MillraceError } from '@millrace/state'
import { type BrokerConnection, BrokerError, type OffsetCommit, type PartitionOffset } from '../broker/broker.js'
import { partitionKey } from '../client/partition-key.js'
import type { Logger } from '../logger.js'
import type { Topology } from '../topology/topology.js'
import { isChangelog } from './own-topics.js'
import type { TaskPlan } from './task-plan.js'
import { leftBehind, type LeftTopic, type TopologyChange, topologyChanges } from './topology-changes.js'

export interface TopologyCheckOptions {
  readonly applicationId: string
  /** Internal topics that are not looked for any more. */
  readonly abandonedTopics: readonly string[]
  /** Planned internal topics that are not there yet. */
  readonly absent: readonly string[]
}

export interface TopologyCheckModules {
  readonly topology: Topology
  readonly plan: TaskPlan
  readonly connection: BrokerConnection
  readonly logger: Logger
}

/**
 * Rejects with `TOPOLOGY_CHANGED` where a store or a repartition topic has another name than before, so that state or records would
 * be left behind; warns of what is left behind for good. Without committed offsets nothing is lost: all input is read anew.
 */
export async function checkTopology(options: TopologyCheckOptions, modules: TopologyCheckModules): Promise<void> {
  const { applicationId, abandonedTopics, absent } = options
  const { topology, plan, connection, logger } = modules
  const committed = await connection.fetchOffsets(applicationId)
  if (committed.length === 0) return
  const candidates = leftBehind(await connection.listTopics(), {
    applicationId,
    stores: topology.stores.keys(),
    used: new Set([...plan.internalTopics.keys(), ...plan.partitionCounts.keys(), ...abandonedTopics]),
    read: new Set(committed.map(({ topic }) => topic))
  })
  const left = await measure(await withoutOthers(applicationId, candidates, connection), committed, connection)
  const changes = topologyChanges(
    left,
    absent.map(topic => plan.internalTopics.get(topic)!)
  )
  const renamed = changes.filter(({ successor }) => successor !== undefined)
  if (renamed.length > 0) throw topologyChanged(applicationId, renamed)
  for (const { name: topic, records } of changes) {
    logger.warn(
      { topic, records },
      'the topology has no use for this internal topic any more: delete it, or name it in abandonedTopics'
    )
  }
}

/**
 * Topics of `orders-eu` begin with `orders-` too. One belongs to another application where a longer beginning of its name is a
 * group that has committed offsets.
 */
async function withoutOthers(
  applicationId: string,
  topics: readonly string[],
  connection: BrokerConnection
): Promise<string[]> {
  const isGroup = new Map<string, boolean>()
  const own: string[] = []
  for (const topic of topics) {
    let others = false
    for (const group of longerBeginnings(topic, applicationId)) {
      if (!isGroup.has(group)) isGroup.set(group, await hasCommitted(group, connection))
      others ||= isGroup.get(group)!
    }
    if (!others) own.push(topic)
  }
  return own
}

function longerBeginnings(topic: string, applicationId: string): string[] {
  const words = topic.split('-')
  const ends = words.map((_, i) => words.slice(0, i + 1).join('-'))
  return ends.slice(0, -1).filter(({ length }) => length > applicationId.length)
}

/** False where it may not be known. */
async function hasCommitted(group: string, connection: BrokerConnection): Promise<boolean> {
  try {
    return (await connection.fetchOffsets(group)).length > 0
  } catch (error) {
    if (error instanceof BrokerError && error.error === 'AUTHORIZATION_FAILED') return false
    throw error
  }
}

async function measure(
  topics: readonly string[],
  committed: readonly OffsetCommit[],
  connection: BrokerConnection
): Promise<LeftTopic[]> {
  const described = [...(await connection.describeTopics(topics)).values()]
  const all = described.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partition }) => ({ topic, partition }))
  )
  const starts = byPartition(await connection.listOffsets(all, 'earliest'))
  const ends = byPartition(await connection.listOffsets(all, 'stable'))
  const read = byPartition(committed)
  return described.map(({ name, partitions }) => {
    let records = 0
    for (const { partition } of partitions) {
      const key = partitionKey({ topic: name, partition })
      const from = isChangelog(name) ? starts.get(key)! : Math.max(starts.get(key)!, read.get(key) ?? 0)
      records += Math.max(0, ends.get(key)! - from)
    }
    return { name, partitions: partitions.length, records }
  })
}

function byPartition(offsets: readonly PartitionOffset[]): ReadonlyMap<string, number> {
  return new Map(offsets.map(tp => [partitionKey(tp), tp.offset]))
}

function topologyChanged(applicationId: string, renamed: readonly TopologyChange[]): MillraceError {
  const own = (topic: string): string => topic.slice(applicationId.length + 1)
  const losses = renamed.map(({ name, records, successor }) =>
    isChangelog(name)
      ? `Store ${storeOf(own(name))} is gone, and ${storeOf(own(successor!))} would begin empty in its place: ` +
        `${records} records of its changelog ${name} would be left behind.`
      : `Repartition topic ${own(name)} is gone, and ${own(successor!)} would take its place: ` +
        `${records} records of ${name} would never be processed.`
  )
  const topics = renamed.map(({ name }) => name)
  return new MillraceError(
    'TOPOLOGY_CHANGED',
    `The topology of application ${applicationId} has changed so that it would lose what it has kept. ${losses.join(' ')} ` +
      'Numbers in generated names shift when operators before them are added or removed. To go on with what there is, undo ' +
      'the change, or give the store or the repartition its old name with the options store and name. To do without it, set ' +
      `abandonedTopics: ${JSON.stringify(topics)}, or delete these topics. Nothing has been changed so far.`,
    { details: { applicationId, changes: renamed } }
  )
}

function storeOf(changelog: string): string {
  return changelog.slice(0, -'-changelog'.length)
}
