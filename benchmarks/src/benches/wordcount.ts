/** Word count of ten million words on Kafka: Millrace and Kafka Streams in turns on one broker. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchBroker, withBroker } from '../broker.js'
import { Child, type Command } from '../child.js'
import { javaPrograms, nodeWorkload } from '../commands.js'
import { countWords, differences, sentences } from '../corpus.js'
import { load } from '../machine.js'
import type { BenchOptions } from '../options.js'
import { report, type Round } from '../report.js'
import { createTopic, everythingCommitted, loadLines, PARTITIONS, readCounts } from '../topics.js'

/** Of both. Kafka Streams' own default is 30 s, with which its run would end with up to 30 s of waiting. */
const COMMIT_INTERVAL_MS = 1000
const INPUT = 'bench-lines'
const MILLRACE = 'Millrace'
const KAFKA_STREAMS = 'Kafka Streams 4.3.1'

interface Contender {
  readonly name: string
  command(args: readonly string[]): Command
  readonly rounds: Round[]
}

interface Input {
  readonly broker: BenchBroker
  readonly words: number
  readonly expected: ReadonlyMap<string, number>
  readonly options: BenchOptions
}

export async function benchWordCount(options: BenchOptions): Promise<void> {
  const { smoke, threads, splitting, alone, profile } = options
  const lines = sentences(smoke ? 2000 : undefined)
  const times = smoke ? 1 : options.times
  const expected = countWords(lines, times)
  const words = [...expected.values()].reduce((total, count) => total + count, 0)
  const contenders: Contender[] = [
    { name: MILLRACE, command: args => nodeWorkload('wordcount-millrace', args, profile), rounds: [] }
  ]
  if (!alone) {
    const java = await javaPrograms()
    contenders.unshift({ name: KAFKA_STREAMS, command: args => java('WordCount', args), rounds: [] })
  }
  const loadBefore = load()
  await withBroker(async broker => {
    await createTopic(broker.connection, INPUT)
    await loadLines(broker.connection, INPUT, lines, times)
    for (let round = 0; round < options.rounds; round++) {
      // Who comes first takes turns, since the broker's state and the page cache are not the same for both.
      for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
        contender.rounds.push(await runRound(contender, round, { broker, words, expected, options }))
      }
    }
  })
  report({
    name: nameOf(options),
    smoke,
    settings: {
      lines: lines.length * times,
      words,
      partitions: PARTITIONS,
      threads,
      splitting,
      'commit interval of both in ms': COMMIT_INTERVAL_MS,
      'all else': 'defaults',
      measured: 'from process start until the group has committed the ends of the input and the repartition topic'
    },
    contenders: contenders.map(({ name, rounds }) => ({ name, unit: 'words/s', rounds })),
    ...(alone ? {} : { ratio: [MILLRACE, KAFKA_STREAMS] as const }),
    loadBefore
  })
}

/** Each variant has a file of its own. */
function nameOf({ threads, splitting, times, alone }: BenchOptions): string {
  const parts = ['wordcount']
  if (threads > 1) parts.push(`${threads}-threads`)
  if (splitting !== 'regex') parts.push(splitting)
  if (times !== 10) parts.push(`${times}-times`)
  if (alone) parts.push('alone')
  return parts.join('-')
}

async function runRound(contender: Contender, round: number, input: Input): Promise<Round> {
  const { broker, words, expected, options } = input
  const { connection, addresses } = broker
  const applicationId = `${contender.name.toLowerCase().replace(/[^a-z]+/g, '-')}-${round}`
  const output = `${applicationId}-output`
  const repartition = `${applicationId}-counts-repartition`
  await createTopic(connection, output)
  const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const { threads, splitting } = options
  const child = new Child(
    contender.command([
      ...[addresses, applicationId, INPUT, output, directory],
      ...[String(COMMIT_INTERVAL_MS), String(threads), splitting]
    ])
  )
  try {
    await everythingCommitted(connection, applicationId, [INPUT, repartition], () => {
      if (child.ended) throw child.failure()
    })
    const cost = child.cost()
    await child.stop()
    const wrong = differences(await readCounts(connection, output), expected)
    if (wrong.length > 0) throw new Error(`${contender.name} counted wrong:\n${wrong.join('\n')}`)
    const value = words / cost.seconds
    console.log(
      `round ${round + 1}, ${contender.name}: ${cost.seconds.toFixed(1)} s, ` +
        `${Math.round(value).toLocaleString('en-US')} words/s, ${cost.cpuSeconds.toFixed(1)} s CPU, ` +
        `${cost.peakMiB} MiB, counts right`
    )
    return { value, cost }
  } finally {
    await child.stop('SIGKILL')
    await rm(directory, { recursive: true, force: true })
    await connection.deleteTopics([output, repartition, `${applicationId}-counts-changelog`])
  }
}
