/** The file that micro-benchmarks leave, and its table in the README. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { machine } from '../machine.js'
import { pathOf } from '../results.js'
import { format } from '../table.js'

export interface MicroResult {
  readonly name: string
  /** A record. */
  readonly nanoseconds: number
  readonly megabytesPerSecond: number
  /** Beside what. */
  readonly limit: string
  readonly limitNanoseconds: number
}

export interface MicroResults {
  readonly results: readonly MicroResult[]
  readonly systemCallNanoseconds: number
  readonly machine: ReturnType<typeof machine> & { readonly loadBefore: number }
}

const FILE = 'micro.json'

export function saveMicro(results: MicroResults): void {
  const round = (_name: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(4)) : value
  const text = JSON.stringify({ name: 'micro', date: new Date().toISOString(), ...results }, round, 2)
  writeFileSync(pathOf(FILE), `${text}\n`)
}

/** Undefined where they were never kept. */
export function microTable(): string | undefined {
  let text: string
  try {
    text = readFileSync(pathOf(FILE), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const { results, systemCallNanoseconds, machine, date } = JSON.parse(text) as MicroResults & { readonly date: string }
  const rows = results.map(
    ({ name, nanoseconds, megabytesPerSecond, limit, limitNanoseconds }) =>
      `| ${name} | ${format(nanoseconds)} | ${format(megabytesPerSecond)} | ${limit} | ${format(limitNanoseconds)} | ${(nanoseconds / limitNanoseconds).toFixed(1)} |`
  )
  const head = '|  | ns a record | MB/s | at least | ns a record | times |\n|---|---|---|---|---|---|'
  const facts = `For scale, a system call that does nothing: ${format(systemCallNanoseconds)} ns. ${date.slice(0, 10)}, commit ${machine.commit}, load before ${format(machine.loadBefore)}`
  return ['### micro', `${head}\n${rows.join('\n')}`, facts].join('\n\n')
}
