/** The word count on Millrace, with topics and splitting as the harness wants them. Worker threads import it by URL. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { words as scannedWords } from '@millrace/example-wordcount/dist/topology.js'
import type { Splitting } from '../options.js'

export interface WordCountTopics {
  readonly input: string
  readonly output: string
  readonly splitting: Splitting
}

const WORD = /[\p{L}\p{N}]+/gu

function matchedWords(line: string): string[] {
  return line.toLowerCase().match(WORD) ?? []
}

export function wordCount({ input, output, splitting }: WordCountTopics): Topology {
  const words = splitting === 'regex' ? matchedWords : scannedWords
  const builder = new StreamsBuilder()
  builder
    .stream(input, { key: serdes.bytes(), value: serdes.string() })
    .flatMapValues(line => words(line))
    .groupBy((_key, word) => word, { key: serdes.string() })
    .count({ store: 'counts' })
    .toStream()
    .to(output, { key: serdes.string(), value: serdes.int64() })
  return builder.build()
}

/** The URL by which a worker thread finds this word count. */
export function wordCountModule(topics: WordCountTopics): URL {
  const url = new URL(import.meta.url)
  for (const [name, value] of Object.entries(topics)) url.searchParams.set(name, value as string)
  return url
}

/** Built from the query of the URL that this module was imported by. */
export function topology(): Topology {
  const query = new URL(import.meta.url).searchParams
  return wordCount({
    input: query.get('input')!,
    output: query.get('output')!,
    splitting: query.get('splitting') as Splitting
  })
}
