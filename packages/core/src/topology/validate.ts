/** What a graph must satisfy before it can run. */
import { MillraceError } from '@millrace/state'
import { type GraphDraft, type NodeDraft, predecessorsOf, type SourceDraft } from './graph-draft.js'
import { matcher, samePattern } from './topic-pattern.js'
import type { RepartitionTopic } from './topology.js'

/**
 * Throws `TOPOLOGY_EMPTY`, `TOPOLOGY_UNKNOWN_PREDECESSOR`, `TOPOLOGY_UNCONNECTED`, `TOPOLOGY_CYCLE`,
 * `TOPOLOGY_TOPIC_ALREADY_REGISTERED`, `OFFSET_RESET_INVALID`, `TOPOLOGY_UNKNOWN_STORE` or `TOPOLOGY_GLOBAL_STORE`.
 */
export function validate({ nodes, repartitionTopics, stores }: GraphDraft): void {
  if (![...nodes.values()].some(node => node.kind === 'source')) {
    throw new MillraceError(
      'TOPOLOGY_EMPTY',
      'The topology reads no topic. Start it with stream() or table() before build().'
    )
  }
  checkPredecessors(nodes)
  checkCycles(nodes)
  checkTopics(nodes, repartitionTopics)
  checkPatterns(nodes)
  checkResets(nodes)
  checkStores(nodes, new Set(stores.keys()))
  checkGlobalStores(nodes)
}

function checkPredecessors(nodes: ReadonlyMap<string, NodeDraft>): void {
  for (const node of nodes.values()) {
    const predecessors = predecessorsOf(node)
    if (node.kind !== 'source' && predecessors.length === 0) {
      throw new MillraceError('TOPOLOGY_UNCONNECTED', `Node ${node.name} has no predecessor. Connect it to one.`, {
        details: { node: node.name }
      })
    }
    for (const predecessor of predecessors) {
      const found = nodes.get(predecessor)
      if (found !== undefined && found.kind !== 'sink') continue
      const reason = found === undefined ? 'is not in the topology' : 'is a sink'
      throw new MillraceError(
        'TOPOLOGY_UNKNOWN_PREDECESSOR',
        `Node ${node.name} names ${predecessor} as its predecessor, which ${reason}.`,
        { details: { node: node.name, predecessor } }
      )
    }
  }
}

function checkCycles(nodes: ReadonlyMap<string, NodeDraft>): void {
  const done = new Set<string>()
  const path = new Set<string>()
  const visit = (name: string): void => {
    if (done.has(name)) return
    if (path.has(name)) {
      const cycle = [...path].slice([...path].indexOf(name)).reverse()
      throw new MillraceError(
        'TOPOLOGY_CYCLE',
        `The nodes ${cycle.join(' -> ')} form a cycle. Send records back through a topic instead.`,
        { details: { nodes: cycle } }
      )
    }
    path.add(name)
    for (const predecessor of predecessorsOf(nodes.get(name)!)) visit(predecessor)
    path.delete(name)
    done.add(name)
  }
  for (const name of nodes.keys()) visit(name)
}

function checkTopics(
  nodes: ReadonlyMap<string, NodeDraft>,
  repartitionTopics: ReadonlyMap<string, RepartitionTopic>
): void {
  const readBy = new Map<string, NodeDraft>()
  for (const node of nodes.values()) {
    if (node.kind !== 'source') continue
    for (const topic of node.topics) {
      const first = readBy.get(topic)
      if (first !== undefined) {
        const internal = repartitionTopics.has(topic) ? ' (a repartition topic of the application has this name)' : ''
        throw new MillraceError(
          'TOPOLOGY_TOPIC_ALREADY_REGISTERED',
          `Sources ${first.name} and ${node.name} both read topic ${topic}${internal}. Read it once and use the ` +
            'stream or table twice; two stream() calls may share topics only if all topics and options are the same.',
          { details: { topic, sources: [first.name, node.name] } }
        )
      }
      readBy.set(topic, node)
    }
  }
}

/** As Java, which looks back from each source: a pattern may match the topic of a global store that was there before it. */
function checkPatterns(nodes: ReadonlyMap<string, NodeDraft>): void {
  const before: SourceDraft[] = []
  for (const node of nodes.values()) {
    if (node.kind !== 'source') continue
    for (const other of before) {
      const topic = sharedTopic(other, node)
      if (topic !== undefined) throw matchesBoth(topic, [other, node])
    }
    before.push(node)
  }
}

/** A topic that both read, as far as their patterns tell. */
function sharedTopic(first: SourceDraft, second: SourceDraft): string | undefined {
  if (first.pattern === undefined && second.pattern === undefined) return undefined
  if (second.pattern === undefined) return second.topics.find(matcher(first.pattern!))
  if (first.pattern !== undefined) {
    return samePattern(first.pattern, second.pattern) ? String(second.pattern) : undefined
  }
  return first.global === true ? undefined : first.topics.find(matcher(second.pattern))
}

function matchesBoth(topic: string, sources: readonly NodeDraft[]): MillraceError {
  const [first, second] = sources.map(({ name }) => name)
  return new MillraceError(
    'TOPOLOGY_TOPIC_ALREADY_REGISTERED',
    `Sources ${first} and ${second} both read ${topic}. Make the pattern such that it leaves the topic out, or read it ` +
      'once and use the stream twice; two stream() calls may have the same pattern only if all options are the same.',
    { details: { topic, sources: [first, second] } }
  )
}

function checkResets(nodes: ReadonlyMap<string, NodeDraft>): void {
  for (const node of nodes.values()) {
    if (node.kind !== 'source' || typeof node.offsetReset === 'string') continue
    const { byDurationMs } = node.offsetReset
    if (Number.isSafeInteger(byDurationMs) && byDurationMs >= 0) continue
    throw new MillraceError(
      'OFFSET_RESET_INVALID',
      `Source ${node.name} is to begin with records of the last ${byDurationMs} ms. Give a whole number from 0 on.`,
      { details: { node: node.name, byDurationMs } }
    )
  }
}

function checkStores(nodes: ReadonlyMap<string, NodeDraft>, stores: ReadonlySet<string>): void {
  for (const node of nodes.values()) {
    if (node.kind !== 'processor') continue
    const unknown = node.stores.find(store => !stores.has(store))
    if (unknown === undefined) continue
    throw new MillraceError(
      'TOPOLOGY_UNKNOWN_STORE',
      `Node ${node.name} uses store ${unknown}, which the topology does not have; it has ` +
        `${[...stores].join(', ') || 'none'}. Add it with addStateStore(), or pass its builder instead of its name.`,
      { details: { node: node.name, store: unknown } }
    )
  }
}

/** Nothing goes on from a global store, and whoever reads one does so without being connected to it, as in Java. */
function checkGlobalStores(nodes: ReadonlyMap<string, NodeDraft>): void {
  const isGlobal = (node: NodeDraft): boolean => node.kind !== 'sink' && node.global === true
  const fillers = [...nodes.values()].filter(isGlobal)
  const stores = new Set(fillers.flatMap(node => (node.kind === 'processor' ? node.stores : [])))
  for (const node of nodes.values()) {
    if (isGlobal(node)) continue
    const above = predecessorsOf(node).find(name => isGlobal(nodes.get(name)!))
    const store = node.kind === 'processor' ? node.stores.find(name => stores.has(name)) : undefined
    if (above === undefined && store === undefined) continue
    const problem =
      above === undefined
        ? `is connected to ${store}, a global store, which every processor may read: leave it out`
        : `goes on from ${above}, which fills a global store and hands nothing on: read another topic`
    throw new MillraceError('TOPOLOGY_GLOBAL_STORE', `Node ${node.name} ${problem}.`, { details: { node: node.name } })
  }
}
