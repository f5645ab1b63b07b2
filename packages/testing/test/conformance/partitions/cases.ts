/** The scenarios in conformance/partitions, each with the inputs that all of them share or with its own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFORMANCE } from '../cases.js'
import type { Input, Scenario } from '../scenario.js'
import type { PartitionedScenario, SideBySideOptions } from './side-by-side.js'

const SHARED_PARTITIONS = 3

/** As the file has it: with inputs of its own, partitions and caching are its own too. */
export interface WrittenScenario extends Scenario {
  readonly partitions?: number
  readonly caching?: boolean
}

/** Scenarios that run at the same time, with the same inputs. */
export interface Group {
  readonly scenarios: readonly PartitionedScenario[]
  readonly options: SideBySideOptions
}

export function sharedScenarios(options: { readonly caching: boolean }): Group {
  const shared = Object.entries(scenarios()).filter(([, { inputs }]) => inputs === undefined)
  return {
    scenarios: shared.map(([name, scenario]) => ({ name, scenario, ...options })),
    options: { partitions: SHARED_PARTITIONS, inputs: read<readonly Input[]>('inputs') }
  }
}

export function ownScenarios(): readonly Group[] {
  return Object.entries(scenarios()).flatMap(([name, scenario]): Group[] => {
    const { inputs, partitions = SHARED_PARTITIONS, caching = false } = scenario
    return inputs === undefined ? [] : [{ scenarios: [{ name, scenario, caching }], options: { partitions, inputs } }]
  })
}

/** An entry for the file, with a step or an input to a line. */
export function entry(name: string, { topology, inputs = [], ...rest }: WrittenScenario): string {
  const list = (lines: readonly unknown[]): string =>
    `[\n${lines.map(line => `      ${JSON.stringify(line)}`).join(',\n')}\n    ]`
  const fields = Object.entries(rest).map(([field, value]) => `"${field}": ${JSON.stringify(value)}`)
  const lines = [...fields, `"topology": ${list(topology)}`, `"inputs": ${list(inputs)}`]
  return `  "${name}": {\n${lines.map(line => `    ${line}`).join(',\n')}\n  }`
}

function scenarios(): Readonly<Record<string, WrittenScenario>> {
  return read('scenarios')
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(CONFORMANCE, 'partitions', `${name}.json`), 'utf8')) as T
}
