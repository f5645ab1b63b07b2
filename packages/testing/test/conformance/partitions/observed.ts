/** All that an application has left on the broker, in words that do not depend on which application it was. */
import { Scope } from '../scope.js'
import type { Cluster, StoredRecord } from '../../support/cluster.js'
import type { ContenderOptions } from './contender.js'
import { topicsOfScenario } from './placed.js'

export interface ObservedTopic {
  readonly partitions: number
  /**
   * In order, by partition and key: tasks that write into the same partition do so in no order. Records without a key may lie in
   * any partition, and are in the order of their texts. Of what one step writes to a changelog the newest of each key counts; with
   * caches so it is in all topics, and none counts in those between tasks: which updates become one depends on when commits come.
   */
  readonly records: Readonly<Record<string, readonly ObservedRecord[]>>
}

export interface ObservedRecord {
  /** Bytes as characters of Latin 1. */
  readonly key: string | null
  readonly value: string | null
  /** Since the base; none where the clock gives it, as in changelogs of buffers. */
  readonly timestamp?: number
  readonly headers: readonly string[]
}

/** Topics by name without the application's id. */
export async function observed(
  { applicationId, scenario, caching }: Pick<ContenderOptions, 'applicationId' | 'scenario' | 'caching'>,
  { baseMs, steps }: { readonly baseMs: number; readonly steps: readonly ReadonlyMap<string, number>[] },
  { cluster }: { readonly cluster: Cluster }
): Promise<Readonly<Record<string, ObservedTopic>>> {
  const { sinks } = topicsOfScenario(scenario)
  const names = [...sinks, ...(await cluster.internalTopics(applicationId))]
  const partitions = await cluster.partitions(names)
  const buffers = [...Scope.build(scenario).topology.stores.values()].filter(({ kind }) => kind === 'buffer')
  const untimed = new Set(buffers.map(({ name }) => `${applicationId}-${name}-changelog`))
  const anonymous = (text: string): string => text.replaceAll(applicationId, 'application')
  const show = (bytes: Buffer | null): string | null => (bytes === null ? null : anonymous(bytes.toString('latin1')))

  const observe = (topic: string, { key, value, timestamp, headers }: StoredRecord): ObservedRecord => ({
    key: show(key),
    value: show(value),
    ...(untimed.has(topic) ? {} : { timestamp: timestamp - baseMs }),
    // Of headers in changelogs only the version of what a suppression holds is ever read.
    headers: headers
      .filter(([name]) => !topic.endsWith('-changelog') || name === 'v')
      .map(([name, bytes]) => `${name}=${show(bytes)}`)
  })

  const topics: [string, ObservedTopic][] = []
  for (const name of names) {
    const records = new Map<string, ObservedRecord[]>()
    const lastSteps = new Map<string, number>()
    const isChangelog = name.endsWith('-changelog')
    const isCompared = !caching || isChangelog || sinks.includes(name)
    for (const stored of isCompared ? await cluster.read(name) : []) {
      const record = observe(name, stored)
      const list = record.key === null ? 'any' : `${stored.partition} ${record.key}`
      const others = records.get(list)
      if (others === undefined) records.set(list, [record])
      else others.push(record)
      if (record.key === null || !(isChangelog || caching)) continue
      // What one step overwrites nobody has read.
      const step = steps.findIndex(ends => (ends.get(`${name}-${stored.partition}`) ?? 0) > stored.offset)
      if (others !== undefined && lastSteps.get(list) === step) others.splice(-2, 1)
      lastSteps.set(list, step)
    }
    records.get('any')?.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    topics.push([anonymous(name), { partitions: partitions.get(name)!, records: Object.fromEntries(records) }])
  }
  return Object.fromEntries(topics.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
