/** What the steps of one scenario have made so far. */
import { type BuildOptions, StreamsBuilder, type Topology, TopologyBuilder } from '@millrace/core'
import type { Keys } from './keys.js'
import { operatorFor } from './operators.js'
import type { Scenario, Step } from './scenario.js'
import { Trace } from './trace.js'

/** A stream, a table, or something on the way to one, and what its keys are. */
export interface Made {
  readonly object: object
  readonly keys: Keys
}

/** A topology, and what its outputs and stores are. */
export interface Built {
  readonly topology: Topology
  readonly sinks: ReadonlyMap<string, Keys>
  readonly plainStores: ReadonlySet<string>
  /** Of a wrapped one: what its processors have been given so far. */
  readonly trace: readonly string[] | undefined
}

export class Scope {
  readonly builder = new StreamsBuilder()
  /** What the keys are that are written to a topic. */
  readonly sinks = new Map<string, Keys>()
  /** Stores that keep no timestamps on Java's side. */
  readonly plainStores = new Set<string>()
  #lowLevel: TopologyBuilder | undefined
  readonly #named = new Map<string, Made>()
  #previous: Made | undefined

  /** Builds the topology of a scenario. */
  static build(scenario: Scenario): Built {
    const scope = new Scope()
    scope.run(scenario.topology)
    const { sinks, plainStores } = scope
    const trace = scenario.wrapped === true ? new Trace() : undefined
    const wrapped = trace === undefined ? {} : { processorWrapper: trace }
    const topology = scope.#lowLevel?.build(wrapped) ?? scope.builder.build({ ...optimization(scenario), ...wrapped })
    return { topology, sinks, plainStores, trace: trace?.notes }
  }

  /** What is built node by node, instead of by the DSL. */
  lowLevel(): TopologyBuilder {
    return (this.#lowLevel ??= new TopologyBuilder())
  }

  run(steps: readonly Step[]): void {
    for (const step of steps) {
      const from = step.from === undefined ? this.#previous : this.get(step.from)
      const made = operatorFor(from?.object, step, this)(from as Made, step, this)
      if (made === undefined) continue
      this.#previous = made
      if (step.as !== undefined) this.name(step.as, made)
    }
  }

  /** Runs steps on from something, and returns what the last of them has made. */
  continued(from: Made, steps: readonly Step[]): Made {
    this.#previous = from
    this.run(steps)
    return this.#previous
  }

  name(name: string, made: Made): void {
    this.#named.set(name, made)
  }

  /** What a step named. Throws where none did. */
  get(name: string): Made {
    const made = this.#named.get(name)
    if (made === undefined) throw new Error(`Nothing is named ${name}`)
    return made
  }

  /** The other side of a join or merge. */
  with<T>(step: Step): T {
    return this.get(step.with!).object as T
  }
}

function optimization({ optimization }: Scenario): BuildOptions {
  if (optimization === undefined) return {}
  return { optimization: optimization === 'all' ? 'all' : ['singleStoreSelfJoin'] }
}
