/** A step's options as those of the DSL. */
import { any } from './any-serde.js'
import type { Step } from './scenario.js'

/** `name` only. */
export function named(step: Step): { name?: string } {
  return picked(step, ['name'])
}

/** How a table or aggregation is stored; `serdes: true` names the value's serde, which counts as a Materialized does. */
export function stored(step: Step): { store?: string; caching?: boolean; logging?: boolean } {
  return picked(step, ['name', 'store', 'caching', 'logging', 'retentionMs', 'historyMs', 'maxEntries', 'engine'])
}

/** The value's serde where a table is stored: without a store it would change the names, as Materialized does. */
export function storedValue(step: Step): { value?: typeof any } {
  const { store, caching, logging, serdes, engine } = step
  return [store, caching, logging, serdes, engine, step.historyMs].some(option => option !== undefined)
    ? { value: any }
    : {}
}

/** What a source reads: `topic`, one or several, or `pattern`. */
export function topicsOf(step: Step): string | string[] | RegExp {
  return typeof step.pattern === 'string' ? new RegExp(step.pattern) : (step.topic as string | string[])
}

/** Those of the fields that the step has. */
export function picked(step: Step, fields: readonly string[]): Record<string, any> {
  return Object.fromEntries(fields.filter(field => step[field] !== undefined).map(field => [field, step[field]]))
}
