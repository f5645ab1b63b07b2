/** Runs a topology in one task over Maps: just enough of a runtime to see what operators do. */
import { decode, encode, latin1, type Serde, type StoreDefinition } from '@millrace/state'
import type { OperatorRuntime, Process } from '../../dist/operators/operator.js'
import type { RecordContext } from '../../dist/record.js'
import { PartialAggregate, type SinkNode, type SourceNode, type Topology } from '../../dist/topology/topology.js'
import { MapStore } from './map-store.js'

/** key, value, timestamp. */
export type Output = [key: unknown, value: unknown, timestamp: number]

export class TopologyRun implements OperatorRuntime {
  readonly stores = new Map<string, MapStore>()
  readonly drops: string[] = []
  readonly #topology: Topology
  readonly #outputs = new Map<string, Output[]>()
  readonly #sources = new Map<string, { node: SourceNode; process: Process }>()
  readonly #flushes: (() => void)[] = []
  readonly #caching: boolean
  #offset = 0

  constructor(topology: Topology, options: { readonly caching?: boolean } = {}) {
    this.#topology = topology
    this.#caching = options.caching === true
    for (const name of topology.stores.keys()) this.stores.set(name, new MapStore(name))
    const compiled = new Map<string, Process>()
    for (const node of [...topology.nodes.values()].reverse()) {
      const downstreams = node.successors.map(name => compiled.get(name)!)
      const all: Process = (...record) => downstreams.forEach(downstream => downstream(...record))
      if (node.kind === 'sink') compiled.set(node.name, this.#sink(node))
      else if (node.kind === 'source') for (const topic of node.topics) this.#sources.set(topic, { node, process: all })
      else if ('compileRouted' in node.operator)
        compiled.set(node.name, node.operator.compileRouted(this, downstreams, node.successors))
      else compiled.set(node.name, node.operator.compile(this, all))
    }
  }

  readonly node = ''
  readonly storeNames = []
  readonly taskId = '0_0'
  readonly applicationId = 'test'
  readonly emitIntervalMs = 0

  streamTime(): number {
    return -1
  }

  wallClockTime(): number {
    return 0
  }

  schedule(): () => void {
    throw new Error('no time goes by here')
  }

  savedTime(): undefined {
    return undefined
  }

  saveTime(): void {}

  callAsync(): never {
    throw new Error('no call comes to an end here')
  }

  onTimeAdvance(): void {}

  onOpen(open: () => void): void {
    open()
  }

  onClose(): void {}

  requestCommit(): void {}

  definition(store: string): StoreDefinition {
    return this.#topology.stores.get(store)!
  }

  store(name: string): MapStore {
    return this.stores.get(name)!
  }

  globalStore(name: string): MapStore {
    return this.store(name)
  }

  versionedStore(name: string): never {
    throw new Error(`only key-value stores here, not ${name}`)
  }

  windowStore(name: string): never {
    throw new Error(`only key-value stores here, not ${name}`)
  }

  timeOrderedStore(name: string): never {
    throw new Error(`only key-value stores here, not ${name}`)
  }

  bufferStore(name: string): never {
    throw new Error(`only key-value stores here, not ${name}`)
  }

  sessionStore(name: string): never {
    throw new Error(`only key-value stores here, not ${name}`)
  }

  groupedStore(name: string): never {
    throw new Error(`only key-value stores here, not ${name}`)
  }

  isCaching(store: string): boolean {
    return this.#caching && this.#topology.stores.get(store)!.caching
  }

  dropped(_context: RecordContext, reason: string): void {
    this.drops.push(reason)
  }

  pipe(topic: string, key: unknown, value: unknown, timestamp = 0): this {
    const context = { topic, partition: 0, offset: this.#offset++, timestamp, headers: [] }
    this.#sources.get(topic)!.process(key, value, timestamp, context)
    return this
  }

  /** Flushes combiners and stores until nothing moves, upstream first. */
  commit(): this {
    for (const { nodes } of this.#topology.subtopologies) {
      for (const node of nodes)
        if (node.kind === 'processor') for (const store of node.stores) this.store(store).flush()
      for (const flush of this.#flushes) flush()
    }
    return this
  }

  /** What was written to a topic since the last call. */
  read(topic: string): Output[] {
    const output = this.#outputs.get(topic) ?? []
    this.#outputs.delete(topic)
    return output
  }

  #sink(node: SinkNode): Process {
    const { combiner } = node
    const write: Process = (key, value, timestamp, context) =>
      this.#write(node, key, value, timestamp, context, node.value, false)
    if (combiner === undefined || !this.#caching) return write
    const sums = new Map<string, Parameters<Process>>()
    this.#flushes.push(() => {
      for (const [key, sum, timestamp, context] of sums.values()) {
        this.#write(node, key, sum, timestamp, context, combiner.partial, true)
      }
      sums.clear()
    })
    return (key, value, timestamp, context) => {
      if (key === null || value === null) return write(key, value, timestamp, context)
      const held = sums.get(latin1(node.key, key))
      const sum = combiner.add(key, value, held === undefined ? combiner.initial() : held[1])
      sums.set(latin1(node.key, key), [key, sum, Math.max(timestamp, held?.[2] ?? timestamp), context])
    }
  }

  #write(
    node: SinkNode,
    key: unknown,
    value: unknown,
    timestamp: number,
    context: RecordContext,
    serde: Serde<any>,
    partial: boolean
  ): void {
    const topic = typeof node.topic === 'string' ? node.topic : node.topic(key, value, context)
    const keyBytes = key === null ? null : encode(node.key, key)
    const valueBytes = value === null ? null : encode(serde, value)
    if (!this.#topology.repartitionTopics.has(topic)) {
      if (!this.#outputs.has(topic)) this.#outputs.set(topic, [])
      this.#outputs.get(topic)!.push([key, value, timestamp])
      return
    }
    const { node: source } = this.#sources.get(topic)!
    const decoded = valueBytes === null ? null : decode(partial ? source.partial! : source.value, valueBytes)
    this.pipe(
      topic,
      keyBytes && decode(source.key, keyBytes),
      partial ? new PartialAggregate(decoded) : decoded,
      timestamp
    )
  }
}
