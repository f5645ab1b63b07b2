/** One function for any number of children, called in the order in which they were added. */
import type { Process } from './operator.js'

export function fanOut(children: readonly Process[]): Process {
  const [first, second] = children
  if (first === undefined) return () => {}
  if (second === undefined) return first
  return (key, value, timestamp, context) => {
    for (const child of children) child(key, value, timestamp, context)
  }
}
