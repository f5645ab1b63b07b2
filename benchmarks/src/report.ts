/** Results as a table on the screen, and as a file beside the facts of the machine. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Cost } from './child.js'
import { load, machine } from './machine.js'
import { format, printTable } from './table.js'
import { type Percentiles, spread, type Spread } from './statistics.js'

export interface Round {
  /** In the contender's unit. */
  readonly value: number
  readonly cost: Cost
  /** From a tenth of the input to nine tenths; undefined where commits were too few to tell. */
  readonly steady?: number | undefined
  /** What the contender's topics take on the broker, if that is known. */
  readonly brokerMiB?: number | undefined
  /** Where latencies are measured. */
  readonly latencyMs?: Percentiles
}

/** One line of a result. */
export interface Contender {
  readonly name: string
  /** For example `words/s`. */
  readonly unit: string
  readonly rounds: readonly Round[]
}

/** A contender that failed, was wrong, or did not come to an end. */
export interface WithoutResult {
  readonly contender: string
  readonly why: string
}

export interface Report {
  /** Also the name of the file. */
  readonly name: string
  /** Whether it goes into a file. */
  readonly kept: boolean
  readonly settings: Readonly<Record<string, unknown>>
  readonly contenders: readonly Contender[]
  readonly withoutResult?: readonly WithoutResult[]
  /** Whose numbers are divided by whose, round by round. */
  readonly ratios?: readonly (readonly [ours: string, theirs: string])[]
  /** What goes into the file beside what is printed. */
  readonly series?: Readonly<Record<string, readonly number[]>>
  readonly loadBefore: number
}

/** Prints the table and, where it is to be kept, writes `benchmarks/results/<name>.json`. */
export function report(told: Report): void {
  const { name, kept, settings, contenders, withoutResult = [], ratios = [], series, loadBefore } = told
  const facts = { ...machine(), loadBefore, loadAfter: load() }
  console.log(`\n${describe(settings)}\n${describe(facts)}`)
  const summaries = contenders.map(summaryOf)
  const timed = summaries.some(({ latencyMs }) => latencyMs !== undefined)
  printTable([
    [
      '',
      'median',
      'min',
      'max',
      ...(timed ? ['p50 p99 p99.9 ms'] : []),
      'steady',
      'CPU s',
      'peak MiB',
      'broker MiB',
      'resident MiB at 25 50 75 100 %'
    ],
    ...summaries.map(({ contender, value, latencyMs, steady, cpuSeconds, peakMiB, brokerMiB, residentMiB }) => [
      contender,
      `${format(value.median)} ${contenders.find(it => it.name === contender)!.unit}`,
      format(value.min),
      format(value.max),
      ...(timed ? [latencyMs?.map(({ median }) => format(median)).join(' ') ?? '–'] : []),
      steady === undefined ? '–' : format(steady.median),
      range(cpuSeconds),
      range(peakMiB),
      brokerMiB === undefined ? '–' : format(brokerMiB.median),
      residentMiB.map(({ median }) => format(median)).join(' ')
    ])
  ])
  for (const { contender, why } of withoutResult) console.log(`${contender}: no result; ${why}`)
  const pairs = Object.fromEntries(ratios.map(ratio => [ratio.join(' : '), pairRatios(contenders, ratio)]))
  for (const [ratio, values] of Object.entries(pairs)) {
    const { median, min, max } = spread(values)
    const rounds = values.map(it => it.toFixed(2)).join(', ')
    console.log(
      `\n${ratio} = ${median.toFixed(2)} (min ${min.toFixed(2)}, max ${max.toFixed(2)}; round by round ${rounds})`
    )
  }
  if (!kept) return
  const directory = fileURLToPath(new URL('../results/', import.meta.url))
  mkdirSync(directory, { recursive: true })
  const result = {
    name,
    date: new Date().toISOString(),
    machine: facts,
    settings,
    summaries,
    ...(withoutResult.length === 0 ? {} : { withoutResult }),
    pairs,
    series,
    contenders
  }
  writeFileSync(`${directory}${name}.json`, `${toJson(result)}\n`)
}

/** As the formatter of this repository wants it: lists of numbers on one line. */
function toJson(result: object): string {
  const round = (_name: string, value: unknown): unknown => (typeof value === 'number' ? rounded(value) : value)
  return JSON.stringify(result, round, 2).replaceAll(/\[[\d\s.,e-]+\]/g, list =>
    list.replaceAll(/\s+/g, ' ').replaceAll(/\[ | \]/g, it => it.trim())
  )
}

function rounded(value: number): number {
  return value >= 1000 ? Math.round(value) : Number(value.toPrecision(4))
}

/** What a file of results has of a contender. */
export interface Summary {
  readonly contender: string
  readonly unit: string
  readonly value: Spread
  readonly steady: Spread | undefined
  readonly cpuSeconds: Spread
  readonly peakMiB: Spread
  readonly brokerMiB: Spread | undefined
  readonly residentMiB: readonly Spread[]
  /** The 50th, the 99th and the 99.9th of a hundred. */
  readonly latencyMs: readonly Spread[] | undefined
}

function summaryOf({ name, unit, rounds }: Contender): Summary {
  const of = (read: (round: Round) => number): Spread => spread(rounds.map(read))
  const ofKnown = (read: (round: Round) => number | undefined): Spread | undefined => {
    const known = rounds.map(read).filter(value => value !== undefined)
    return known.length === 0 ? undefined : spread(known)
  }
  return {
    contender: name,
    unit,
    value: of(({ value }) => value),
    steady: ofKnown(({ steady }) => steady),
    cpuSeconds: of(({ cost }) => cost.cpuSeconds),
    peakMiB: of(({ cost }) => cost.peakMiB),
    brokerMiB: ofKnown(({ brokerMiB }) => brokerMiB),
    residentMiB: [0, 1, 2, 3].map(quarter => of(({ cost }) => cost.residentMiB[quarter]!)),
    latencyMs:
      rounds[0]!.latencyMs &&
      (['p50', 'p99', 'p999'] as const).map(percentile => of(({ latencyMs }) => latencyMs![percentile]))
  }
}

/** What ran side by side is compared with one another: the machine's mood changes from round to round. */
function pairRatios(contenders: readonly Contender[], [ours, theirs]: readonly [string, string]): number[] {
  const find = (name: string): Contender => contenders.find(it => it.name === name)!
  return find(ours).rounds.map(({ value }, round) => value / find(theirs).rounds[round]!.value)
}

function describe(facts: object): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}: ${typeof value === 'number' ? value.toLocaleString('en-US') : String(value)}`)
    .join(', ')
}

function range({ min, median, max }: Spread): string {
  return `${format(median)} (${format(min)}–${format(max)})`
}
