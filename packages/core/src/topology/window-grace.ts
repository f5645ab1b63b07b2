/** How long the windows of a table stay open, as the graph above it tells. */
import { type NodeDraft, predecessorsOf } from './graph-draft.js'

/**
 * The longest grace of the windowed aggregations that a node's rows come from, through repartition topics too; undefined
 * if any of its rows come from elsewhere.
 */
export function windowGraceMs(
  start: string,
  nodes: ReadonlyMap<string, NodeDraft>,
  repartitionTopics: { has(topic: string): boolean }
): number | undefined {
  let longest = 0
  const above = new Set([start])
  // Grows while it is gone through.
  for (const name of above) {
    const draft = nodes.get(name)!
    const graceMs = draft.kind === 'processor' && 'graceMs' in draft.operator ? draft.operator.graceMs : undefined
    if (graceMs !== undefined) {
      longest = Math.max(longest, graceMs)
      continue
    }
    const predecessors = draft.kind === 'source' ? writersOf(draft.topics) : predecessorsOf(draft)
    if (predecessors.length === 0) return undefined
    for (const predecessor of predecessors) above.add(predecessor)
  }
  return longest

  function writersOf(topics: readonly string[]): string[] {
    const internal = new Set(topics.filter(topic => repartitionTopics.has(topic)))
    return [...nodes.values()]
      .filter(draft => draft.kind === 'sink' && typeof draft.topic === 'string' && internal.has(draft.topic))
      .map(({ name }) => name)
  }
}
