/** Which topics of a broker a topology reads because of their names. */
import type { BrokerConnection } from '../broker/broker.js'
import { matcher } from '../topology/topic-pattern.js'
import type { Topology } from '../topology/topology.js'
import { isOwnTopic } from './own-topics.js'

export interface MatchingOptions {
  readonly applicationId: string
  readonly topology: Topology
}

export function readsByPattern(topology: Topology): boolean {
  return patternsOf(topology).length > 0
}

/** Tells topics that a pattern matches. */
export function patternMatcher({ applicationId, topology }: MatchingOptions): (topic: string) => boolean {
  const matchers = patternsOf(topology).map(matcher)
  return topic => !isOwnTopic(applicationId, topic) && matchers.some(matches => matches(topic))
}

/** The names of those that the broker has now. */
export async function matchingTopics(
  options: MatchingOptions,
  connection: Pick<BrokerConnection, 'listTopics'>
): Promise<readonly string[]> {
  if (!readsByPattern(options.topology)) return []
  return (await connection.listTopics()).filter(patternMatcher(options))
}

function patternsOf({ nodes }: Topology): RegExp[] {
  return [...nodes.values()].flatMap(node =>
    node.kind === 'source' && node.pattern !== undefined ? [node.pattern] : []
  )
}
