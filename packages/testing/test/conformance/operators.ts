/**
 * What the steps of scenarios do, by class and name: `KStream.filter`, `KStream.join(KTable)`. Every module in
 * `operators/` exports some as `operators`; it need not be listed anywhere.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Operator, Operators } from './operator.js'
import type { Step } from './scenario.js'
import type { Scope } from './scope.js'

const all = new Map<string, Operator>()
const folder = join(import.meta.dirname, 'operators')
for (const file of readdirSync(folder).filter(name => name.endsWith('.js'))) {
  const { operators } = (await import(join(folder, file))) as { operators: Operators }
  for (const [name, operator] of Object.entries(operators)) {
    if (all.has(name)) throw new Error(`${name} is defined twice, the second time in ${file}`)
    all.set(name, operator)
  }
}

/** The names of all operations there are. */
export const operatorNames: ReadonlySet<string> = new Set(all.keys())

/** Operations of the builder start a chain; all others belong to the class of what they come from. */
export function operatorFor(from: object | undefined, step: Step, scope: Scope): Operator {
  const builders = [`StreamsBuilder.${step.op}`, `Topology.${step.op}`]
  const started = builders.find(name => all.has(name))
  if (started !== undefined) return all.get(started)!
  const argument = step.with === undefined ? '' : `(${scope.get(step.with).object.constructor.name})`
  const name = `${from?.constructor.name ?? 'StreamsBuilder'}.${step.op}${argument}${step.foreignKey === undefined ? '' : 'ByForeignKey'}`
  const operator = all.get(name)
  if (operator === undefined)
    throw new Error(`There is no operation ${name} (packages/testing/test/conformance/operators)`)
  return operator
}
