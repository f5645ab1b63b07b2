/** The word count example on the embedded broker: how soon it shows counts, and how long a whole corpus takes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../child.js'
import { wordCountProgram } from '../commands.js'
import { countWords, differences, sentences } from '../corpus.js'
import type { BenchOptions } from '../options.js'
import { report } from '../report.js'

export async function benchEmbedded({ smoke, rounds }: BenchOptions): Promise<void> {
  const lines = sentences(smoke ? 2000 : undefined)
  const expected = countWords(lines)
  const firstCounts: number[] = []
  const whole: number[] = []
  const peakMiB: number[] = []
  for (let round = 0; round < rounds; round++) {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
    try {
      firstCounts.push(await timeToFirstCounts(join(directory, 'first')))
      const file = join(directory, 'corpus.txt')
      await writeFile(file, `${lines.join('\n')}\n`)
      const child = new Child(
        wordCountProgram(['--once', '--format', 'tsv', '--file', file, '--directory', join(directory, 'whole')])
      )
      while (!child.ended) await new Promise(resolve => setTimeout(resolve, 5))
      whole.push((performance.now() - child.startedAt) / 1000)
      peakMiB.push(child.peakMiB)
      const counts = new Map(child.lines.map(line => line.split('\t')).map(([word, count]) => [word!, Number(count)]))
      const wrong = differences(counts, expected)
      if (wrong.length > 0) throw new Error(`counted wrong:\n${wrong.join('\n')}\n${child.errors}`)
      console.log(
        `first counts ${firstCounts.at(-1)!.toFixed(2)} s, whole corpus ${whole.at(-1)!.toFixed(2)} s, counts right`
      )
      await child.stop()
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
  report(
    'embedded',
    { lines: lines.length, measured: 'from process start; the whole run to the end of the process', smoke },
    [
      { contender: 'first counts on the screen', unit: 's', rounds: firstCounts },
      { contender: 'whole corpus, durably', unit: 's', rounds: whole, peakMiB }
    ]
  )
}

async function timeToFirstCounts(directory: string): Promise<number> {
  const child = new Child(wordCountProgram(['--directory', directory, '--port', '0']))
  await child.line(/[1-9][\d,]* words/)
  const seconds = (performance.now() - child.startedAt) / 1000
  await child.stop('SIGINT')
  return seconds
}
