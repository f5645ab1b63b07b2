/** Results as a table on the screen and as a file beside the facts of the machine. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, platform, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

/** One line of a result: a contender and its measurements, one a round. */
export interface Measured {
  readonly contender: string
  /** For example `words/s`. */
  readonly unit: string
  readonly rounds: readonly number[]
  /** Largest resident memory of a round. */
  readonly peakMiB?: readonly number[]
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/**
 * Prints the table and, but for a smoke run, writes `benchmarks/results/<name>.json`. `ratio` names two contenders: how
 * many times the first has the second's number.
 */
export function report(
  name: string,
  settings: { readonly smoke: boolean; readonly [fact: string]: unknown },
  measured: readonly Measured[],
  ratio?: readonly [string, string]
): void {
  const rows = measured.map(({ contender, unit, rounds, peakMiB }) => [
    contender,
    `${format(median(rounds))} ${unit}`,
    rounds.map(format).join('  '),
    peakMiB === undefined ? '' : `${Math.max(...peakMiB)} MiB`
  ])
  printTable(['', 'median', 'rounds', 'peak memory'], rows)
  const [ours, theirs] = (ratio ?? []).map(wanted => measured.find(({ contender }) => contender === wanted))
  const factor = ours === undefined || theirs === undefined ? undefined : median(ours.rounds) / median(theirs.rounds)
  if (factor !== undefined) console.log(`\n${ours!.contender} : ${theirs!.contender} = ${factor.toFixed(2)}`)
  if (settings.smoke) return
  const directory = fileURLToPath(new URL('../results/', import.meta.url))
  mkdirSync(directory, { recursive: true })
  const result = { name, date: new Date().toISOString(), machine: machine(), settings, measured, ratio: factor }
  writeFileSync(`${directory}${name}.json`, `${JSON.stringify(result, undefined, 2)}\n`)
}

function machine(): object {
  return {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version
  }
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]!.length)))
  for (const row of [head, ...rows])
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('   ')
        .trimEnd()
    )
}
