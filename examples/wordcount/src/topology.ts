/** The word count itself: what `main.ts` runs, the tests drive, and worker threads import. */
import { StreamsBuilder, serdes, type Topology } from '@millrace/core'

/** The application id unless another is given; it names the topics, the group and the state. */
export const DEFAULT_APPLICATION_ID = 'wordcount'

/** The store that queries read. */
export const COUNTS_STORE = 'counts'

/** Where lines come from and counts go to. */
export function topicsOf(applicationId: string): { readonly lines: string; readonly counts: string } {
  return { lines: `${applicationId}-lines`, counts: `${applicationId}-counts` }
}

/** Lines in, the newest count of each word out. */
export function wordCount(applicationId = DEFAULT_APPLICATION_ID): Topology {
  const topics = topicsOf(applicationId)
  const builder = new StreamsBuilder()
  builder
    .stream(topics.lines, { key: serdes.bytes(), value: serdes.string() })
    .flatMapValues(line => words(line))
    .groupBy((_key, word) => word, { key: serdes.string() })
    .count({ store: COUNTS_STORE })
    .toStream()
    .to(topics.counts, { key: serdes.string(), value: serdes.int64() })
  return builder.build()
}

/** For worker threads: `topologyModule` gives the URL of this module with the application id as its query. */
export const topology = wordCount(new URL(import.meta.url).searchParams.get('application-id') ?? undefined)

/** A URL whose export `topology` is the word count of that application. */
export function topologyModule(applicationId: string): URL {
  const url = new URL(import.meta.url)
  url.searchParams.set('application-id', applicationId)
  return url
}

const WORD = /[\p{L}\p{N}]+/gu

/** The words of a line: maximal runs of Unicode letters and digits of the line in lower case. */
export function words(line: string): string[] {
  const text = line.toLowerCase()
  const found: string[] = []
  let start = -1
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // Beyond ASCII only the tables of the regular expression know what a letter is.
    if (unit > 127) return text.match(WORD) ?? []
    const inWord = (unit >= 97 && unit <= 122) || (unit >= 48 && unit <= 57)
    if (inWord) {
      if (start < 0) start = i
    } else if (start >= 0) {
      found.push(text.slice(start, i))
      start = -1
    }
  }
  if (start >= 0) found.push(text.slice(start))
  return found
}
