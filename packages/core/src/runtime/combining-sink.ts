/** A sink that merges the records of a key within its task before they are written to a repartition topic. */
import { latin1, type Serde } from '@millrace/state'
import type { Process } from '../operators/operator.js'
import type { Headers, RecordContext } from '../record.js'
import { type Combiner, PARTIAL_HEADER, type SinkNode } from '../topology/topology.js'
import type { SinkWrite } from './sink.js'

const MARK = [PARTIAL_HEADER, Buffer.of(1)] as const
const ONLY_THE_MARK: Headers = Object.freeze([MARK])

/** Keys held at most; a full map is written out as a whole, which keeps the order of partials per key. */
const MAX_KEYS = 65_536

/** Stays for its key from flush to flush: made anew each time, they were most of what the collector had to do. */
interface Partial {
  readonly key: unknown
  value: unknown
  timestamp: number
  /** Of the last record merged; undefined when nothing was merged since the last flush. */
  context: RecordContext | undefined
}

/** Holds partial results between flushes; what it holds is lost in a crash and made again from the source. */
export class CombiningSink {
  readonly #combiner: Combiner
  readonly #keySerde: Serde<unknown>
  readonly #valueSerde: Serde<unknown>
  readonly #write: SinkWrite
  readonly #partials = new Map<string, Partial>()
  /** Those to write, in the order of their first record. */
  #pending: Partial[] = []

  constructor(
    options: { readonly node: SinkNode; readonly combiner: Combiner },
    modules: { readonly write: SinkWrite }
  ) {
    this.#combiner = options.combiner
    this.#keySerde = options.node.key
    this.#valueSerde = options.node.value
    this.#write = modules.write
  }

  /** The step of the pipeline. A record without key or value is written as it is: the aggregation drops and counts it. */
  readonly process: Process = (key, value, timestamp, context) => {
    if (key === null || key === undefined || value === null || value === undefined) {
      this.#write(key, value, timestamp, context, context.headers, this.#valueSerde)
      return
    }
    const mapKey = latin1(this.#keySerde, key)
    let partial = this.#partials.get(mapKey)
    if (partial?.context !== undefined) {
      partial.value = this.#combiner.add(key, value, partial.value)
      if (timestamp > partial.timestamp) partial.timestamp = timestamp
      partial.context = context
      return
    }
    if (partial === undefined) {
      if (this.#partials.size >= MAX_KEYS) {
        this.flush()
        this.#partials.clear()
      }
      partial = { key, value: undefined, timestamp, context }
      this.#partials.set(mapKey, partial)
    }
    partial.value = this.#combiner.add(key, value, this.#combiner.initial())
    partial.timestamp = timestamp
    partial.context = context
    this.#pending.push(partial)
  }

  /** Writes everything held. */
  flush(): void {
    const serde = this.#combiner.partial
    for (const partial of this.#pending) {
      const { key, value, timestamp, context } = partial
      // The mark first, where readers look for it; then what the last record brought.
      const headers = context!.headers.length === 0 ? ONLY_THE_MARK : [MARK, ...context!.headers]
      this.#write(key, value, timestamp, context!, headers, serde)
      partial.value = undefined
      partial.context = undefined
    }
    this.#pending = []
  }
}
