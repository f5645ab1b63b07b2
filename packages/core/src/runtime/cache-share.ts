/** How a worker's memory for stores is divided. */
import type { TaskPlan } from './task-plan.js'

/**
 * What the stores of one task, or the global stores, may keep in memory even when this worker gets all tasks: their number
 * changes, stores stay open.
 */
export function cacheShare(plan: TaskPlan, cacheMaxBytes: number): number {
  const stateful = [...plan.tasks.values()].filter(({ subtopology }) => subtopology.stores.length > 0)
  const shares = stateful.length + (plan.global === undefined ? 0 : 1)
  return Math.floor(cacheMaxBytes / Math.max(1, shares))
}
