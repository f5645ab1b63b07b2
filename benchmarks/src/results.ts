/** What earlier runs have left in `benchmarks/results/`. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Summary, WithoutResult } from './report.js'
import type { machine } from './machine.js'

const DIRECTORY = new URL('../results/', import.meta.url)

export interface Result {
  readonly name: string
  /** ISO 8601. */
  readonly date: string
  readonly machine: ReturnType<typeof machine> & { readonly loadBefore: number }
  readonly settings: Readonly<Record<string, unknown>> & { readonly workload?: string }
  readonly summaries: readonly Summary[]
  readonly withoutResult?: readonly WithoutResult[]
  /** By `ours : theirs`, round by round. */
  readonly pairs: Readonly<Record<string, readonly number[]>>
}

/** Undefined where the workload was never run. */
export function readResult(name: string): Result | undefined {
  try {
    return JSON.parse(readFileSync(new URL(`${name}.json`, DIRECTORY), 'utf8')) as Result
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export function pathOf(file: string): string {
  return fileURLToPath(new URL(file, DIRECTORY))
}
