/**
 * The bookmark that the feeder keeps in the input topic itself.
 *
 * The last record of every batch carries a header that lists the texts fed into its partition so far, each by the
 * length and the hash of the part that was fed. Lines and bookmark are written in one batch, so they cannot disagree,
 * whenever the feeder is killed. A text is known by its contents: a copy is not fed twice, one that grew is fed from
 * where it ended, and one that was changed is another text.
 */
import type { Headers } from '@millrace/core'
import type { TextFile } from './text-file.js'

/** The first `bytes` bytes of some text, all lines of which that belong to a partition are in it. */
export interface FedText {
  readonly bytes: number
  readonly sha256: string
}

export const FED_HEADER = 'wordcount.fed'

export function fedHeaders(texts: readonly FedText[]): Headers {
  return [[FED_HEADER, Buffer.from(JSON.stringify(texts))]]
}

/** The bookmark in a record's headers, if it has one. */
export function readFedHeaders(headers: Headers): readonly FedText[] | undefined {
  const value = headers.find(([name]) => name === FED_HEADER)?.[1]
  return value === undefined || value === null ? undefined : (JSON.parse(value.toString('utf8')) as FedText[])
}

/** How far one partition has got with a text, and the bookmark to go on from. */
export interface PartitionProgress {
  readonly bytes: number
  /** The partition's other texts. */
  readonly others: readonly FedText[]
}

/** Compares a text with the bookmarks of all partitions: the longest part that a partition knows is where it goes on. */
export async function progressOf(
  text: Pick<TextFile, 'prefixHashes'>,
  fed: readonly (readonly FedText[])[]
): Promise<PartitionProgress[]> {
  const hashes = await text.prefixHashes(fed.flat().map(it => it.bytes))
  return fed.map(texts => {
    const matching = texts.filter(it => hashes.get(it.bytes) === it.sha256)
    const bytes = matching.reduce((most, it) => Math.max(most, it.bytes), 0)
    return { bytes, others: texts.filter(it => !matching.includes(it)) }
  })
}
