/** The scenarios in conformance/partitions, and the inputs that all of them get. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFORMANCE } from '../cases.js'
import type { Input, Scenario } from '../scenario.js'
import type { PartitionedScenario } from './side-by-side.js'

export function partitionedScenarios(options: { readonly caching: boolean }): readonly PartitionedScenario[] {
  const written = read<Record<string, Scenario>>('scenarios')
  return Object.entries(written).map(([name, scenario]) => ({ name, scenario, ...options }))
}

export function sharedInputs(): readonly Input[] {
  return read('inputs')
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(CONFORMANCE, 'partitions', `${name}.json`), 'utf8')) as T
}
