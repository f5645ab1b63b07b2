/** Word count of ten million words on Kafka: Millrace and Kafka Streams in turns on one broker. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchBroker, withBroker } from '../broker.js'
import { Child, type Command } from '../child.js'
import { javaPrograms, nodeWorkload } from '../commands.js'
import { countWords, differences, sentences } from '../corpus.js'
import type { BenchOptions } from '../options.js'
import { report } from '../report.js'
import { createTopic, everythingCommitted, loadLines, readCounts } from '../topics.js'

/** Of both. Kafka Streams' own default is 30 s, with which its run would end with up to 30 s of waiting. */
const COMMIT_INTERVAL_MS = 1000
const INPUT = 'bench-lines'

interface Contender {
  readonly name: string
  command(args: readonly string[]): Command
  readonly wordsPerSecond: number[]
  readonly peakMiB: number[]
}

export async function benchWordCount({ smoke, rounds }: BenchOptions): Promise<void> {
  const java = await javaPrograms()
  const lines = sentences(smoke ? 2000 : undefined)
  const times = smoke ? 1 : 10
  const expected = countWords(lines, times)
  const words = [...expected.values()].reduce((total, count) => total + count, 0)
  const contenders: Contender[] = [
    { name: 'Kafka Streams 4.3.1', command: args => java('WordCount', args), wordsPerSecond: [], peakMiB: [] },
    { name: 'Millrace', command: args => nodeWorkload('wordcount', args), wordsPerSecond: [], peakMiB: [] }
  ]
  await withBroker(async broker => {
    await createTopic(broker.connection, INPUT)
    await loadLines(broker.connection, INPUT, lines, times)
    console.log(`${(lines.length * times).toLocaleString('en-US')} lines, ${words.toLocaleString('en-US')} words`)
    for (let round = 0; round < rounds; round++) {
      // Who comes first takes turns, since the broker's state and the page cache are not the same for both.
      for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
        await runRound(broker, contender, round, words, expected)
      }
    }
  })
  report(
    'wordcount',
    {
      words,
      commitIntervalMs: COMMIT_INTERVAL_MS,
      measured: 'from process start until all source topics are committed to their ends',
      smoke
    },
    contenders.map(({ name, wordsPerSecond, peakMiB }) => ({
      contender: name,
      unit: 'words/s',
      rounds: wordsPerSecond,
      peakMiB
    })),
    ['Millrace', 'Kafka Streams 4.3.1']
  )
}

async function runRound(
  broker: BenchBroker,
  contender: Contender,
  round: number,
  words: number,
  expected: ReadonlyMap<string, number>
): Promise<void> {
  const { connection, addresses } = broker
  const applicationId = `${contender.name.toLowerCase().replace(/[^a-z]+/g, '-')}-${round}`
  const output = `${applicationId}-output`
  await createTopic(connection, output)
  const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const child = new Child(
    contender.command([addresses, applicationId, INPUT, output, directory, String(COMMIT_INTERVAL_MS)])
  )
  try {
    await everythingCommitted(connection, applicationId, [INPUT, `${applicationId}-counts-repartition`], () => {
      if (child.ended) throw child.failure()
    })
    const seconds = (performance.now() - child.startedAt) / 1000
    await child.stop()
    const wrong = differences(await readCounts(connection, output), expected)
    if (wrong.length > 0) throw new Error(`${contender.name} counted wrong:\n${wrong.join('\n')}`)
    contender.wordsPerSecond.push(words / seconds)
    contender.peakMiB.push(child.peakMiB)
    console.log(
      `${contender.name}: ${seconds.toFixed(1)} s, ${Math.round(words / seconds).toLocaleString('en-US')} words/s, ${child.peakMiB} MiB, counts right`
    )
  } finally {
    await child.stop('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  }
  await connection.deleteTopics([output, `${applicationId}-counts-repartition`, `${applicationId}-counts-changelog`])
}
