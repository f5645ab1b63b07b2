/** `split`: each record goes to the first branch whose predicate holds. */
import type { Process, RoutingOperator } from './operator.js'

/**
 * `predicates` line up with the node's successors; one successor more than predicates is the default branch.
 * A record that no branch wants ends here, as the user asked with `noDefaultBranch()`.
 */
export function split<K, V>(predicates: readonly ((key: K, value: V) => boolean)[]): RoutingOperator {
  const compileRouted = (_runtime: unknown, downstreams: readonly Process[]): Process => {
    const rest = downstreams[predicates.length]
    return (key, value, timestamp, context) => {
      for (let i = 0; i < predicates.length; i++) {
        if (predicates[i]!(key, value)) {
          downstreams[i]!(key, value, timestamp, context)
          return
        }
      }
      if (rest !== undefined) rest(key, value, timestamp, context)
    }
  }
  return { compileRouted }
}
