/** A scenario with its topics renamed, so that many can run on one broker. */
import type { Scenario, Step } from '../scenario.js'

/** What goes in front of the names of topics. */
export interface Place {
  readonly inputs: string
  readonly outputs: string
}

export interface Topics {
  /** Read by tasks. */
  readonly sources: readonly string[]
  /** Read by global tables. */
  readonly globals: readonly string[]
  /** Written to. */
  readonly sinks: readonly string[]
}

const GLOBAL = new Set(['globalTable', 'addGlobalStore', 'addGlobalProcessor', 'addReadOnlyStore'])

export function placed({ topology, optimization, inMemory }: Scenario, place: Place): Scenario {
  return {
    topology: topology.map(step => placedStep(step, place)),
    ...(optimization === undefined ? {} : { optimization }),
    ...(inMemory === undefined ? {} : { inMemory })
  }
}

function placedStep(step: Step, place: Place): Step {
  if (step.topic === undefined) return step
  const prefix = isSink(step) ? place.outputs : place.inputs
  const { topic } = step
  return {
    ...step,
    topic: Array.isArray(topic) ? topic.map(name => `${prefix}${name}`) : `${prefix}${topic as string}`
  }
}

export function topicsOfScenario({ topology }: Scenario): Topics {
  const named = (fits: (step: Step) => boolean): string[] => [
    ...new Set(topology.filter(step => step.topic !== undefined && fits(step)).flatMap(({ topic }) => topic as string))
  ]
  return {
    sources: named(step => !isSink(step) && !GLOBAL.has(step.op)),
    globals: named(step => GLOBAL.has(step.op)),
    sinks: named(isSink)
  }
}

function isSink({ op }: Step): boolean {
  return op === 'to' || op === 'addSink'
}
