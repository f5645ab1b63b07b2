/** Words of lines, counted: the Brown corpus over and over. */
import { type KGroupedStream, type KTable, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { countWords, sentences } from '../../corpus.js'
import { type InputRecord, START_MS, type Topics, type Workload } from '../workload.js'

const WORD = /[\p{L}\p{N}]+/gu

function* lines(records: number): Iterable<InputRecord> {
  const corpus = sentences().map(line => Buffer.from(line))
  for (let i = 0; i < records; i++) yield { key: null, value: corpus[i % corpus.length]!, timestamp: START_MS + i }
}

/** Of whole rounds of the corpus and what is left of the last. */
function counts(records: number): Map<string, number> {
  const corpus = sentences()
  const whole = Math.floor(records / corpus.length)
  const counted = whole === 0 ? new Map<string, number>() : countWords(corpus, whole)
  for (const [word, count] of countWords(corpus.slice(0, records % corpus.length))) {
    counted.set(word, (counted.get(word) ?? 0) + count)
  }
  return counted
}

function wordCount(count: (words: KGroupedStream<string, string>) => KTable<string, number>) {
  return ({ input, output }: Topics): Topology => {
    const builder = new StreamsBuilder()
    const words = builder
      .stream(input!, { key: serdes.bytes(), value: serdes.string() })
      .flatMapValues(line => line.toLowerCase().match(WORD) ?? [])
      .groupBy((_key, word) => word, { key: serdes.string(), value: serdes.string() })
    count(words).toStream().to(output!, { key: serdes.string(), value: serdes.int64() })
    return builder.build()
  }
}

const common = {
  unit: 'words',
  records: 573_400,
  inputs: { input: lines },
  size: records => [...counts(records).values()].reduce((total, count) => total + count, 0),
  repartitions: ['counts'],
  expected: records => ({ last: new Map([...counts(records)].map(([word, count]) => [word, String(count)])) }),
  read: (key, value) => [key.toString(), String(value.readBigInt64BE())]
} satisfies Partial<Workload>

export const wordCounts: Workload = {
  ...common,
  name: 'word-count',
  title: 'word count',
  topology: wordCount(words => words.count({ store: 'counts' }))
}

/** An aggregation that does not say how to combine is not combined. */
export const uncombinedWordCounts: Workload = {
  ...common,
  name: 'word-count-uncombined',
  title: 'word count, nothing combined before the repartition topic',
  topology: wordCount(words =>
    words.aggregate(
      () => 0,
      (_word, _line, count) => count + 1,
      { store: 'counts', value: serdes.int64() }
    )
  )
}
