/** The scenarios in conformance/scenarios, each with every list of inputs it names, and what is expected of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Input, Result, RunResult, Scenario } from './scenario.js'

export const CONFORMANCE = join(import.meta.dirname, '../../../../conformance')

/** A scenario as a file has it: with inputs of its own, or those of conformance/inputs that it names. */
type WrittenScenario = Omit<Scenario, 'inputs'> & { readonly inputs?: readonly Input[] | readonly string[] }

/** One scenario with one list of inputs. */
export interface Case {
  readonly area: string
  readonly name: string
  /** The name of the list of inputs; empty for inputs of the scenario's own. */
  readonly inputs: string
  readonly scenario: Scenario
}

/** What a file in conformance/expected has for a scenario. */
interface Expected {
  readonly describe?: readonly string[]
  readonly refused?: string
  readonly runs?: Readonly<
    Record<string, { readonly cached: RunResult; readonly uncached: RunResult | typeof AS_CACHED }>
  >
}

const AS_CACHED = 'as cached'

export function areas(): string[] {
  return names('scenarios')
}

export function casesOf(area: string): Case[] {
  const written = read<Record<string, WrittenScenario>>('scenarios', area)
  return Object.entries(written).flatMap(([name, { inputs, ...rest }]): Case[] => {
    if (inputs === undefined) return [{ area, name, inputs: '', scenario: rest }]
    if (!isNames(inputs)) return [{ area, name, inputs: '', scenario: { ...rest, inputs } }]
    return inputs.map(list => ({ area, name, inputs: list, scenario: { ...rest, inputs: read('inputs', list) } }))
  })
}

/** Undefined where nothing is expected yet. */
export function expectedOf({ area, name, inputs }: Case): Result | undefined {
  const expected = read<Record<string, Expected>>('expected', area)[name]
  if (expected === undefined) return undefined
  const { runs, ...rest } = expected
  const run = runs?.[inputs]
  if (run === undefined) return rest
  return { ...rest, cached: run.cached, uncached: run.uncached === AS_CACHED ? run.cached : run.uncached }
}

/** The text of a file in conformance/expected: a line for each record. */
export function writeExpected(results: readonly (readonly [Case, Result])[]): string {
  const byName = new Map<string, Expected>()
  for (const [{ name, inputs }, { cached, uncached, ...rest }] of results) {
    const before = byName.get(name)?.runs
    if (cached === undefined || uncached === undefined) byName.set(name, rest)
    else {
      const same = JSON.stringify(cached) === JSON.stringify(uncached)
      byName.set(name, { ...rest, runs: { ...before, [inputs]: { cached, uncached: same ? AS_CACHED : uncached } } })
    }
  }
  return `${inLines(Object.fromEntries(byName), '')}\n`
}

/** JSON with a line for each thing that holds no list of things. */
function inLines(value: unknown, indent: string): string {
  const deeper = `${indent}  `
  if (Array.isArray(value) && value.some(item => typeof item !== 'string' || item.startsWith(' '))) {
    return `[\n${value.map(item => deeper + JSON.stringify(item)).join(',\n')}\n${indent}]`
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value)
  const fields = Object.entries(value)
  if (fields.length === 0) return '{}'
  return `{\n${fields.map(([name, field]) => `${deeper}${JSON.stringify(name)}: ${inLines(field, deeper)}`).join(',\n')}\n${indent}}`
}

function names(folder: string): string[] {
  return readdirSync(join(CONFORMANCE, folder))
    .map(file => basename(file, '.json'))
    .toSorted()
}

const contents = new Map<string, unknown>()

function read<T>(folder: string, name: string): T {
  const path = join(CONFORMANCE, folder, `${name}.json`)
  let content = contents.get(path)
  if (content === undefined) contents.set(path, (content = JSON.parse(readFileSync(path, 'utf8'))))
  return content as T
}

function isNames(inputs: readonly Input[] | readonly string[]): inputs is readonly string[] {
  return typeof inputs[0] === 'string'
}
