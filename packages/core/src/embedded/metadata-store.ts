/** Topics, committed offsets and counters of the embedded log: in memory, and in a database where there is one. */
import { MillraceError, type DatabaseBatch, type StateDatabase } from '@millrace/state'
import type { NewTopic, OffsetCommit, PartitionOffset } from '../broker/broker.js'
import type { TopicPartition } from '../record.js'

const FORMAT = 1
/** Producer ids are reserved in blocks, so that most cost no write. */
const PRODUCER_ID_BLOCK = 1000n

export type TopicRecord = Pick<NewTopic, 'name' | 'partitions' | 'config'>

/** Writes survive the end of the process once their call resolves; with `sync`, a power loss too. */
export class MetadataStore {
  readonly topics = new Map<string, TopicRecord>()
  /** Folders of deleted topics that may not be gone yet. */
  readonly doomedFolders = new Set<string>()
  readonly #starts = new Map<string, number>()
  readonly #groups = new Map<string, Map<string, OffsetCommit>>()
  readonly #database: StateDatabase | undefined
  readonly #sync: boolean
  #nextProducerId = 0n
  #reservedTo = 0n
  #lastWrite: Promise<void> = Promise.resolve()

  private constructor(database: StateDatabase | undefined, sync: boolean) {
    this.#database = database
    this.#sync = sync
  }

  /** Reads everything in. Rejects with `EMBEDDED_LOG_CORRUPT` when another version wrote the database. */
  static async open(
    database: StateDatabase | undefined,
    options: { readonly path: string; readonly sync: boolean }
  ): Promise<MetadataStore> {
    const { path, sync } = options
    const store = new MetadataStore(database, sync)
    if (database === undefined) return store
    for await (const [key, value] of database.iterate({ gte: Buffer.from('a'), lt: Buffer.from('z') })) {
      store.#take(JSON.parse(key.toString('utf8', 1)) as unknown[], JSON.parse(value.toString()), key, path)
    }
    await store.#write(batch => put(batch, 'f', [], FORMAT))
    return store
  }

  async addTopic(topic: TopicRecord): Promise<void> {
    await this.#write(batch => put(batch, 't', [topic.name], topic))
    this.topics.set(topic.name, topic)
  }

  /** Forgets the topic, its start offsets and the offsets groups committed for it; notes its folders for removal. */
  async deleteTopic(name: string, folders: readonly string[]): Promise<void> {
    const topic = this.topics.get(name)
    if (topic === undefined) return
    this.topics.delete(name)
    await this.#write(batch => {
      batch.delete(keyOf('t', [name]))
      for (const folder of folders) put(batch, 'd', [folder], 1)
      for (let partition = 0; partition < topic.partitions; partition++) {
        if (this.#starts.delete(partitionKey(name, partition))) batch.delete(keyOf('s', [name, partition]))
      }
      for (const [groupId, offsets] of this.#groups) {
        for (const [key, commit] of offsets) {
          if (commit.topic !== name) continue
          offsets.delete(key)
          batch.delete(keyOf('o', [groupId, name, commit.partition]))
        }
      }
    })
    for (const folder of folders) this.doomedFolders.add(folder)
  }

  /** The folders of deleted topics are gone. */
  async foldersRemoved(folders: readonly string[]): Promise<void> {
    await this.#write(batch => {
      for (const folder of folders) batch.delete(keyOf('d', [folder]))
    })
    for (const folder of folders) this.doomedFolders.delete(folder)
  }

  startOffset(topic: string, partition: number): number {
    return this.#starts.get(partitionKey(topic, partition)) ?? 0
  }

  async setStartOffsets(starts: readonly PartitionOffset[]): Promise<void> {
    await this.#write(batch => {
      for (const start of starts) put(batch, 's', [start.topic, start.partition], start.offset)
    })
    for (const start of starts) this.#starts.set(partitionKey(start.topic, start.partition), start.offset)
  }

  async commitOffsets(groupId: string, offsets: readonly OffsetCommit[]): Promise<void> {
    const group = this.#groups.get(groupId) ?? new Map<string, OffsetCommit>()
    this.#groups.set(groupId, group)
    // Before the write, so that commits of one group take effect in the order they came.
    for (const offset of offsets) group.set(partitionKey(offset.topic, offset.partition), offset)
    await this.#write(batch => {
      for (const { topic, partition, offset, metadata } of offsets) {
        put(batch, 'o', [groupId, topic, partition], [offset, metadata])
      }
    })
  }

  /** Of all partitions if it is not said of which. */
  committedOffsets(groupId: string, partitions?: readonly TopicPartition[]): OffsetCommit[] {
    const group = this.#groups.get(groupId)
    if (partitions === undefined) return [...(group?.values() ?? [])]
    return partitions.flatMap(({ topic, partition }) => group?.get(partitionKey(topic, partition)) ?? [])
  }

  /** A producer id that was never given out before. */
  async takeProducerId(): Promise<bigint> {
    const id = this.#nextProducerId++
    if (id >= this.#reservedTo) {
      this.#reservedTo = id + PRODUCER_ID_BLOCK
      const reserved = this.#reservedTo
      await this.#write(batch => put(batch, 'p', [], Number(reserved)))
    }
    return id
  }

  async close(): Promise<void> {
    await this.#database?.close()
  }

  #take(path: unknown[], value: unknown, key: Buffer, directory: string): void {
    const kind = String.fromCharCode(key[0]!)
    const [first, second, third] = path as [string, string | number, number]
    if (kind === 'f' && value !== FORMAT) {
      throw new MillraceError(
        'EMBEDDED_LOG_CORRUPT',
        `${directory} was written in format ${String(value)}; this version reads format ${FORMAT}.`,
        { details: { path: directory, position: 0, format: value } }
      )
    }
    if (kind === 't') this.topics.set(first, value as TopicRecord)
    else if (kind === 'd') this.doomedFolders.add(first)
    else if (kind === 's') this.#starts.set(partitionKey(first, second as number), value as number)
    else if (kind === 'p') this.#nextProducerId = this.#reservedTo = BigInt(value as number)
    else if (kind === 'o') {
      const [offset, metadata] = value as [number, string]
      const group = this.#groups.get(first) ?? new Map<string, OffsetCommit>()
      this.#groups.set(first, group)
      group.set(partitionKey(second as string, third), { topic: second as string, partition: third, offset, metadata })
    }
  }

  /** In the order of the calls: two commits of one partition must not overtake each other on the way to the disk. */
  #write(fill: (batch: DatabaseBatch) => void): Promise<void> {
    const database = this.#database
    if (database === undefined) {
      fill(NO_BATCH)
      return Promise.resolve()
    }
    const batch = database.batch()
    fill(batch)
    const write = (): Promise<void> =>
      batch.operationCount === 0 ? batch.discard() : batch.write({ sync: this.#sync })
    const written = this.#lastWrite.then(write, write)
    this.#lastWrite = written
    return written
  }
}

const NO_BATCH: DatabaseBatch = {
  put() {},
  delete() {},
  operationCount: 0,
  async write() {},
  async discard() {}
}

/** One letter for the kind, then the path as JSON. */
function keyOf(kind: string, path: readonly unknown[]): Buffer {
  return Buffer.from(kind + JSON.stringify(path))
}

function put(batch: DatabaseBatch, kind: string, path: readonly unknown[], value: unknown): void {
  batch.put(keyOf(kind, path), Buffer.from(JSON.stringify(value)))
}

function partitionKey(topic: string, partition: number): string {
  return `${topic}/${partition}`
}
