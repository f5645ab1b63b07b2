/** The counts as the output topic has them: from its start, then as they change, from all instances alike. */
import { serdes, type BrokerConnection } from '@millrace/core'
import { TopicFollower } from '../../shared/dist/topic-follower.js'

export type WordCount = readonly [word: string, count: number]

export class CountsView {
  /** A Map and not an object: `__proto__` is a word. */
  readonly #counts = new Map<string, number>()
  #words = 0

  /** Sum of all counts. */
  get words(): number {
    return this.#words
  }

  get distinct(): number {
    return this.#counts.size
  }

  /** Sets the newest count of a word; null takes the word away. */
  set(word: string, count: number | null): void {
    this.#words += (count ?? 0) - (this.#counts.get(word) ?? 0)
    if (count === null) this.#counts.delete(word)
    else this.#counts.set(word, count)
  }

  /** The most frequent words, by count and then by word in the order of its UTF-8 bytes. */
  top(rows: number): WordCount[] {
    const best: WordCount[] = []
    for (const entry of this.#counts) {
      if (best.length === rows && !comesBefore(entry, best[rows - 1])) continue
      let at = best.length
      while (at > 0 && comesBefore(entry, best[at - 1])) at--
      best.splice(at, 0, entry)
      if (best.length > rows) best.pop()
    }
    return best
  }

  /** All words, in the order of `top`. */
  all(): WordCount[] {
    return [...this.#counts].sort((a, b) => (comesBefore(a, b) ? -1 : 1))
  }
}

function comesBefore(a: WordCount, b: WordCount | undefined): boolean {
  if (b === undefined || a[1] !== b[1]) return b === undefined || a[1] > b[1]
  return Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) < 0
}

/** Keeps a view up to date. */
export function followCounts(
  view: CountsView,
  options: { readonly topic: string; readonly partitions: number },
  modules: { readonly connection: BrokerConnection; readonly signal: AbortSignal }
): TopicFollower {
  const word = serdes.string()
  const count = serdes.int64()
  return new TopicFollower(
    {
      ...options,
      visit: ({ bytes, keyStart, keyEnd, valueStart, valueEnd }) =>
        view.set(word.read(bytes, keyStart, keyEnd), valueStart < 0 ? null : count.read(bytes, valueStart, valueEnd))
    },
    modules
  )
}
