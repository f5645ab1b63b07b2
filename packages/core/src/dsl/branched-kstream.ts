/** A stream in the middle of being split. */
import { MillraceError } from '@millrace/state'
import { passThrough } from '../operators/pass-through.js'
import { PREFIX } from '../operators/prefixes.js'
import { split } from '../operators/split.js'
import { validName } from '../topology/names.js'
import type { KStream } from './kstream.js'
import type { BranchOptions, NamedOptions } from './options.js'
import type { StreamOrigin } from './origin.js'

/** Collects the branches of `split`; `defaultBranch` or `noDefaultBranch` ends it. */
export class BranchedKStream<K, V> {
  readonly #origin: StreamOrigin<K, V>
  readonly #node: string
  readonly #predicates: ((key: K, value: V) => boolean)[] = []
  readonly #branches = new Map<string, KStream<K, V>>()
  #closed = false

  constructor(origin: StreamOrigin<K, V>, options: NamedOptions) {
    this.#origin = origin
    const { graph } = origin
    this.#node = graph.names.node(PREFIX.split, options.name)
    graph.add({
      kind: 'processor',
      name: this.#node,
      operator: split(this.#predicates),
      stores: [],
      predecessors: [origin.node],
      effect: 'keeps'
    })
  }

  /** Takes the records for which the predicate holds and no earlier branch's did. */
  branch(predicate: (key: K, value: V) => boolean, options: BranchOptions<K, V> = {}): this {
    this.#requireOpen()
    this.#predicates.push(predicate)
    this.#add(this.#predicates.length, options)
    return this
  }

  /** Takes the rest, and returns the branches by name. */
  defaultBranch(options: BranchOptions<K, V> = {}): Branches<K, V> {
    this.#requireOpen()
    this.#add(0, options)
    return this.noDefaultBranch()
  }

  /** Lets the rest go, and returns the branches by name. */
  noDefaultBranch(): Branches<K, V> {
    this.#requireOpen()
    this.#closed = true
    return new Branches(this.#branches, { split: this.#node })
  }

  #add(index: number, { name, chain }: BranchOptions<K, V>): void {
    const { graph, makeStream } = this.#origin
    graph.names.node(PREFIX.split) // Kafka Streams takes an index for a branch, and does not use it.
    const child = validName(`${this.#node}${name ?? index}`, 'branch')
    graph.add({
      kind: 'processor',
      name: child,
      operator: passThrough,
      stores: [],
      predecessors: [this.#node],
      effect: 'keeps'
    })
    const branch = makeStream<K, V>({ ...this.#origin, node: child })
    const listed = chain === undefined ? branch : chain(branch)
    if (listed !== undefined) this.#branches.set(child, listed)
  }

  #requireOpen(): void {
    if (!this.#closed) return
    throw new MillraceError(
      'TOPOLOGY_SPLIT_CLOSED',
      `The split ${this.#node} has ended with its default branch. Add all branches before it, or split again.`,
      { details: { node: this.#node } }
    )
  }
}

/** The streams of a split, by the split's name with the branch's glued on. */
export class Branches<K, V> implements Iterable<[name: string, stream: KStream<K, V>]> {
  readonly #streams: ReadonlyMap<string, KStream<K, V>>
  readonly #split: string

  constructor(streams: ReadonlyMap<string, KStream<K, V>>, options: { readonly split: string }) {
    this.#streams = streams
    this.#split = options.split
  }

  /** By full name, or by the branch's own. Throws `TOPOLOGY_UNKNOWN_BRANCH`. */
  get(name: string): KStream<K, V> {
    const stream = this.#streams.get(name) ?? this.#streams.get(this.#split + name)
    if (stream !== undefined) return stream
    const names = [...this.#streams.keys()]
    throw new MillraceError(
      'TOPOLOGY_UNKNOWN_BRANCH',
      `The split ${this.#split} has no branch ${name}; it has ${names.join(', ') || 'none'}.`,
      { details: { split: this.#split, name, names } }
    )
  }

  get names(): readonly string[] {
    return [...this.#streams.keys()]
  }

  [Symbol.iterator](): Iterator<[string, KStream<K, V>]> {
    return this.#streams.entries()
  }
}
