/** The results of earlier runs, as the tables of `benchmarks/README.md` and as a picture. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { drawRatios } from './ratios-picture.js'
import { pathOf, readResult, type Result } from './results.js'
import { microTable } from './micro/results.js'
import { format } from './table.js'
import { spread } from './statistics.js'

const README = new URL('../README.md', import.meta.url)
const BEGIN = '<!-- results: written by npm run bench -- --publish -->'
const END = '<!-- end of results -->'
/** What all are compared with. */
const PEER = 'Kafka Streams 4.3.1'
/** What a longer one would say is said by the table. */
const LONGEST_LABEL = 60

/** Rewrites the tables and the picture from the results of these workloads, as far as they were run. */
export function publish(names: readonly string[]): void {
  const results = names.map(readResult).filter(result => result !== undefined)
  const readme = readFileSync(README, 'utf8')
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`benchmarks/README.md lacks the lines ${BEGIN} and ${END}`)
  const tables = [...results.map(tableOf), microTable()].filter(table => table !== undefined).join('\n\n')
  writeFileSync(README, `${readme.slice(0, begin + BEGIN.length)}\n\n${tables}\n\n${readme.slice(end)}`)
  const bars = results.flatMap(({ settings, name, pairs }) => {
    const ratios = Object.entries(pairs).find(
      ([pair]) => pair === `Millrace : ${PEER}` || pair === `${PEER} : Millrace`
    )?.[1]
    const title = settings.workload ?? name
    return ratios === undefined ? [] : [{ label: title.length > LONGEST_LABEL ? name : title, ratio: spread(ratios) }]
  })
  if (bars.length > 0) writeFileSync(pathOf('ratios.svg'), drawRatios({ bars, peer: `${PEER}, default settings` }))
}

function tableOf({ name, date, machine, settings, summaries, withoutResult = [], pairs }: Result): string {
  const timed = summaries.some(({ latencyMs }) => latencyMs !== undefined)
  const rows = [
    ['', 'median', 'min–max', ...(timed ? ['p50, p99, p99.9 ms'] : []), 'steady', 'CPU s', 'peak MiB', 'broker MiB'],
    ...summaries.map(({ contender, unit, value, latencyMs, steady, cpuSeconds, peakMiB, brokerMiB }) => [
      contender,
      `${format(value.median)} ${unit}`,
      `${format(value.min)}–${format(value.max)}`,
      ...(timed ? [latencyMs?.map(({ median }) => format(median)).join(', ') ?? ''] : []),
      steady === undefined ? '' : format(steady.median),
      format(cpuSeconds.median),
      format(peakMiB.max),
      brokerMiB === undefined ? '' : format(brokerMiB.median)
    ])
  ]
  const [head, ...body] = rows.map(row => `| ${row.join(' | ')} |`)
  const lines = [head!, `|${rows[0]!.map(() => '---').join('|')}|`, ...body]
  const ratios = Object.entries(pairs).map(([pair, values]) => {
    const { median, min, max } = spread(values)
    return `- ${pair} = **${median.toFixed(1)}** (${min.toFixed(1)}–${max.toFixed(1)})`
  })
  const failures = withoutResult.map(({ contender, why }) => `- ${contender}: no result; ${firstLine(why)}`)
  const facts = `${date.slice(0, 10)}, commit ${machine.commit}, load before ${format(machine.loadBefore)}`
  const heading = `### ${name}`
  const picture = existsSync(pathOf(`${name}.svg`)) ? `![${name}](results/${name}.svg)` : ''
  const parts = [
    heading,
    settings.workload ?? '',
    lines.join('\n'),
    [...ratios, ...failures].join('\n'),
    picture,
    facts
  ]
  return parts.filter(part => part !== '').join('\n\n')
}

/** Without its colon at the end, and safe in a table of Markdown. */
function firstLine(text: string): string {
  return text.split('\n')[0]!.replace(/:$/, '').replaceAll('|', '\\|')
}
