/** Sources that read every topic whose name matches, also topics that are made later. */
import type { SourceNode } from './topology.js'

/** What a source is told to read, as its node has it. */
export function subscribed(topics: string | readonly string[] | RegExp): Pick<SourceNode, 'topics' | 'pattern'> {
  if (topics instanceof RegExp) return { topics: [], pattern: topics }
  return { topics: typeof topics === 'string' ? [topics] : [...topics] }
}

/** Whether all of a name matches, as in Java: `/orders/` is not found within `orders-eu`. */
export function matcher(pattern: RegExp): (topic: string) => boolean {
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, ''))
  return topic => whole.test(topic)
}

/** Two of these match the same topics. */
export function samePattern(a: RegExp, b: RegExp): boolean {
  return a.source === b.source && a.flags === b.flags
}
