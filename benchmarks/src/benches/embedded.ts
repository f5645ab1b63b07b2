/** The word count example on the embedded broker: how soon it shows counts, and how long a whole corpus takes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child, type Cost } from '../child.js'
import { wordCountProgram } from '../commands.js'
import { countWords, differences, sentences } from '../corpus.js'
import { load } from '../machine.js'
import { type BenchOptions, isKept } from '../options.js'
import { report, type Round } from '../report.js'

export async function benchEmbedded(options: BenchOptions): Promise<void> {
  const { smoke, rounds, profile } = options
  const lines = sentences(smoke ? 2000 : undefined)
  const expected = countWords(lines)
  const first: Round[] = []
  const whole: Round[] = []
  const loadBefore = load()
  for (let round = 0; round < rounds; round++) {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
    try {
      const shown = await firstCounts(join(directory, 'first'))
      first.push({ value: shown.seconds, cost: shown })
      const file = join(directory, 'corpus.txt')
      await writeFile(file, `${lines.join('\n')}\n`)
      const cost = await wholeCorpus(file, join(directory, 'whole'), expected, profile)
      whole.push({ value: cost.seconds, cost })
      console.log(
        `round ${round + 1}: first counts ${shown.seconds.toFixed(2)} s, ` +
          `whole corpus ${cost.seconds.toFixed(2)} s, ${cost.peakMiB} MiB, counts right`
      )
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
  report({
    name: 'embedded',
    kept: isKept(options),
    settings: {
      lines: lines.length,
      words: [...expected.values()].reduce((total, count) => total + count, 0),
      measured: 'from process start to the first counts on standard output, and to the end of a run with --once'
    },
    contenders: [
      { name: 'first counts on the screen', unit: 's', rounds: first },
      { name: 'whole corpus, durably', unit: 's', rounds: whole }
    ],
    loadBefore
  })
}

/** The program as `npm run wordcount` starts it, but for the place of its files and a port that is surely free. */
async function firstCounts(directory: string): Promise<Cost> {
  const child = new Child(wordCountProgram(['--directory', directory, '--port', '0']))
  try {
    await child.line(/[1-9][\d,]* words/)
    return child.cost()
  } finally {
    await child.stop('SIGINT')
  }
}

async function wholeCorpus(
  file: string,
  directory: string,
  expected: ReadonlyMap<string, number>,
  profile: string | undefined
): Promise<Cost> {
  const args = ['--once', '--format', 'tsv', '--file', file, '--directory', directory]
  const child = new Child(wordCountProgram(args, profile))
  await child.end()
  const counts = new Map(
    child.lines.map(line => {
      const [word, count] = line.split('\t') as [string, string]
      return [word, Number(count)]
    })
  )
  const wrong = differences(counts, expected)
  if (wrong.length > 0) throw new Error(`counted wrong:\n${wrong.join('\n')}`)
  return child.cost()
}
