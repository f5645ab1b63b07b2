/** Makes what fails smaller, as long as it fails. */
import type { Scenario, Step } from '../scenario.js'

export interface Failure<T> {
  readonly value: T
  readonly reason: string
}

export interface ShrinkOptions {
  /** How many values to try at a time. */
  readonly atOnce: number
  /** How many values to try at all. */
  readonly tries: number
}

export interface ShrinkModules<T> {
  /** The smallest first. */
  smaller(value: T): Iterable<T>
  /** Undefined for a value that does not fail. */
  reasonOf(value: T): Promise<string | undefined>
}

/** The smallest failing value that was found. */
export async function shrink<T>(
  failure: Failure<T>,
  { atOnce, tries }: ShrinkOptions,
  { smaller, reasonOf }: ShrinkModules<T>
): Promise<Failure<T>> {
  const seen = new Set([JSON.stringify(failure.value)])
  let best = failure
  let left = tries
  let candidates = fresh(smaller(best.value), seen)
  while (left > 0) {
    const batch = taken(candidates, Math.min(atOnce, left))
    if (batch.length === 0) break
    left -= batch.length
    const reasons = await Promise.all(batch.map(reasonOf))
    const failing = reasons.findIndex(reason => reason !== undefined)
    if (failing < 0) continue
    best = { value: batch[failing]!, reason: reasons[failing]! }
    candidates = fresh(smaller(best.value), seen)
  }
  return best
}

/** With fewer inputs, then with fewer steps, of which some may make no topology. */
export function* smallerScenarios(scenario: Scenario): Generator<Scenario> {
  for (const inputs of shorter(scenario.inputs ?? [])) if (inputs.length > 0) yield { ...scenario, inputs }
  for (const topology of shorter(scenario.topology)) yield { ...scenario, topology }
  for (const step of scenario.topology) yield { ...scenario, topology: without(step, scenario.topology) }
}

/** Halves, quarters and so on are taken out, at last single ones. */
function* shorter<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let size = Math.ceil(list.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < list.length; start += size) yield list.toSpliced(start, size)
  }
}

/** What went on from the step goes on from what that came from. */
function without(step: Step, topology: readonly Step[]): readonly Step[] {
  const { as, from } = step
  if (as === undefined || from === undefined) return topology.filter(other => other !== step)
  const current = (name: string): string => (name === as ? from : name)
  return topology
    .filter(other => other !== step)
    .map(other => ({
      ...other,
      ...(other.from === undefined ? {} : { from: current(other.from) }),
      ...(other.with === undefined ? {} : { with: current(other.with) })
    }))
}

function* fresh<T>(values: Iterable<T>, seen: Set<string>): Generator<T> {
  for (const value of values) {
    const text = JSON.stringify(value)
    if (seen.has(text)) continue
    seen.add(text)
    yield value
  }
}

function taken<T>(from: Iterator<T>, count: number): T[] {
  const values: T[] = []
  while (values.length < count) {
    const { done, value } = from.next()
    if (done === true) break
    values.push(value)
  }
  return values
}
