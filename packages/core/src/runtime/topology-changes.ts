/** What a changed topology leaves behind of the internal topics that an earlier one made. Pure: names in, findings out. */
import { isChangelog, isOwnTopic } from './own-topics.js'
import { changelogTopic } from './task-plan.js'

/** An internal topic, as planned or as it is. */
export interface SizedTopic {
  readonly name: string
  readonly partitions: number
}

/** An internal topic that an earlier topology made, and that this one does not use. */
export interface LeftTopic extends SizedTopic {
  /** Of a changelog, all its records; of a repartition topic, those that nobody has processed. */
  readonly records: number
}

/** A topic that is left behind. `successor` is the new topic that seems to be the same under another name. */
export interface TopologyChange extends LeftTopic {
  readonly successor: string | undefined
}

/** As in `KSTREAM-AGGREGATE-STATE-STORE-0000000003-changelog` and `KSTREAM-JOINTHIS-0000000004-store-changelog`. */
const GENERATED_NUMBER = /-\d{10}(?=(?:-store)?-(?:changelog|repartition|topic)$)/

export interface LeftBehindOptions {
  readonly applicationId: string
  /** Names of all stores of the topology. */
  readonly stores: Iterable<string>
  /** Topics that the topology uses, its own and the user's. */
  readonly used: ReadonlySet<string>
  /** Topics of which the group has committed offsets. */
  readonly read: ReadonlySet<string>
}

/**
 * Which of a broker's topics are the application's by their names, and of no use to this topology. A store that is still
 * there without its changelog has none by choice, or the topic of its table: nothing of it is lost.
 */
export function leftBehind(topics: readonly string[], options: LeftBehindOptions): string[] {
  const { applicationId, stores, used, read } = options
  const changelogs = new Set(Array.from(stores, store => changelogTopic(applicationId, store)))
  return topics.filter(topic => {
    if (!isOwnTopic(applicationId, topic) || used.has(topic)) return false
    return isChangelog(topic) ? !changelogs.has(topic) : read.has(topic)
  })
}

/**
 * Finds a successor among the added topics for each that is left. Generated names end in a number that shifts when the
 * operators before it change, so that the order of two of a kind stays. A name that is not generated may have become
 * any other, but not the count of its partitions.
 */
export function topologyChanges(left: readonly LeftTopic[], added: readonly SizedTopic[]): TopologyChange[] {
  const free = new Set(added.toSorted(byName))
  const successors = new Map<LeftTopic, string>()
  for (const isLike of [sameKindAndSize, sameKind, maybeRenamed]) {
    for (const topic of left.toSorted(byName)) {
      if (topic.records === 0 || successors.has(topic)) continue
      const successor = [...free].find(candidate => isLike(topic, candidate))
      if (successor === undefined) continue
      free.delete(successor)
      successors.set(topic, successor.name)
    }
  }
  return left.map(topic => ({ ...topic, successor: successors.get(topic) }))
}

const sameKind = (a: SizedTopic, b: SizedTopic): boolean => isGenerated(a.name) && kind(a.name) === kind(b.name)

const sameKindAndSize = (a: SizedTopic, b: SizedTopic): boolean => sameKind(a, b) && a.partitions === b.partitions

function maybeRenamed(a: SizedTopic, b: SizedTopic): boolean {
  if (isGenerated(a.name) && isGenerated(b.name)) return false
  return isChangelog(a.name) === isChangelog(b.name) && a.partitions === b.partitions
}

function isGenerated(topic: string): boolean {
  return GENERATED_NUMBER.test(topic)
}

function kind(topic: string): string {
  return topic.replace(GENERATED_NUMBER, '')
}

function byName(a: SizedTopic, b: SizedTopic): number {
  return a.name < b.name ? -1 : 1
}
