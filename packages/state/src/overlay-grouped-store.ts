/** A grouped store of a task: each group as one value, in the overlay first, then in the database. */
import { latin1Slice } from './buffer-slices.js'
import { ByteWriter } from './byte-writer.js'
import type { DatabaseBatch, StateDatabase } from './engine.js'
import { MillraceError } from './errors.js'
import { type MemberEntry, Members, readMembers, writeMember } from './members.js'
import { latin1 } from './serde.js'
import type { StateStore } from './state-store.js'
import type { ChangeVisitor, GroupedStore, GroupedStoreDefinition, GroupMember, RestoreRecord } from './store.js'
import { OverlayEntry, StoreOverlay } from './store-overlay.js'

/** One group in so many tells its encoded size; a power of two. */
const SAMPLE_EVERY = 64

export class OverlayGroupedStore<G, K, V> implements GroupedStore<G, K, V>, StateStore {
  readonly definition: GroupedStoreDefinition<G, V, K>
  readonly #prefix: number
  readonly #overlay: StoreOverlay<G, Members<K, V>>
  readonly #database: StateDatabase
  readonly #key = new ByteWriter()
  readonly #value = new ByteWriter()

  constructor(
    options: {
      readonly definition: GroupedStoreDefinition<G, V, K>
      readonly prefix: number
      readonly cacheMaxBytes: number
    },
    modules: { readonly database: StateDatabase }
  ) {
    this.definition = options.definition
    this.#prefix = options.prefix
    this.#overlay = new StoreOverlay({ maxBytes: options.cacheMaxBytes })
    this.#database = modules.database
  }

  get name(): string {
    return this.definition.name
  }

  get dirtyBytes(): number {
    return this.#overlay.dirtyBytes
  }

  get changeCount(): number {
    return this.#overlay.dirty.length
  }

  put(group: G, member: K, value: V | null, timestamp: number): void {
    const found = this.#group(group)
    const entry = found.value!.at(latin1(this.definition.member, member), member)
    entry.value = value
    entry.timestamp = timestamp
    entry.changed = true
    this.#overlay.change(found, false)
  }

  members(group: G): readonly GroupMember<K, V>[] {
    const { entries } = this.#group(group).value!
    return entries.every(isThere) ? entries : entries.filter(isThere)
  }

  /** Nothing is held back. */
  flush(): void {}

  visitChanges(visit: ChangeVisitor, batch: DatabaseBatch): void {
    let visited = 0
    for (const group of this.#overlay.dirty) {
      group.batched = true
      const encoded = this.#encode(group, visit)
      const key = databaseKey(this.#prefix, group.mapKey, this.#key)
      if (encoded.length === 0) batch.delete(key)
      else batch.put(key, encoded)
      if (visited++ % SAMPLE_EVERY === 0) this.#overlay.sample(group.mapKey.length + encoded.length)
    }
  }

  committed(): void {
    this.#overlay.committed()
  }

  /** Throws `CHANGELOG_INVALID` for a key that names no group. */
  addRestored(records: Iterable<RestoreRecord>, batch: DatabaseBatch): void {
    const groups = new Map<string, Members<null, Buffer>>()
    for (const { key, value, timestamp } of records) {
      const groupEnd = key.length < 4 ? -1 : 4 + key.readInt32BE(0)
      if (groupEnd < 4 || groupEnd > key.length) throw noGroup(key)
      const mapKey = latin1Slice(key, 4, groupEnd)
      let members = groups.get(mapKey)
      if (members === undefined) {
        const stored = this.#database.get(databaseKey(this.#prefix, mapKey, this.#key))
        members = stored === undefined ? new Members() : readMembers(stored, () => null, slice)
        groups.set(mapKey, members)
      }
      const entry = members.at(latin1Slice(key, groupEnd, key.length), null)
      entry.value = value
      entry.timestamp = timestamp
    }
    for (const [mapKey, { entries }] of groups) {
      this.#value.length = 0
      for (const entry of entries.filter(isThere))
        writeMember(entry, (value, out) => out.writeBytes(value), this.#value)
      const key = databaseKey(this.#prefix, mapKey, this.#key)
      if (this.#value.length === 0) batch.delete(key)
      else batch.put(key, this.#value.buffer.subarray(0, this.#value.length))
    }
  }

  discard(): void {
    this.#overlay.discard()
  }

  clear(): void {
    this.#overlay.clear()
  }

  /** All members of a group, in scratch memory; those that changed are shown. */
  #encode(group: OverlayEntry<G, Members<K, V>>, visit: ChangeVisitor): Buffer {
    const out = this.#value
    out.length = 0
    const serde = this.definition.value
    const write = (value: V, to: ByteWriter): void => serde.write(value, to)
    const members = group.value!
    for (const entry of members.entries) {
      const start = entry.value === null ? -1 : writeMember(entry, write, out)
      if (!entry.changed) continue
      entry.changed = false
      const end = out.length
      // Behind the value, so that both are ranges of one buffer, and only until the next member.
      writeChangelogKey(group.mapKey, entry.mapKey, out)
      visit(out.buffer, end, out.length, start, end, entry.timestamp)
      out.length = end
    }
    members.entries = members.entries.filter(isThere)
    return out.buffer.subarray(0, out.length)
  }

  #group(group: G): OverlayEntry<G, Members<K, V>> {
    const mapKey = latin1(this.definition.key, group)
    const known = this.#overlay.get(mapKey)
    if (known !== undefined) return known
    const { member, value } = this.definition
    const stored = this.#database.get(databaseKey(this.#prefix, mapKey, this.#key))
    let members: Members<K, V>
    if (stored === undefined) members = new Members()
    else {
      members = readMembers(
        stored,
        (bytes, start, end) => member.read(bytes, start, end),
        (bytes, start, end) => value.read(bytes, start, end)
      )
      this.#overlay.sample(mapKey.length + stored.length)
    }
    const entry = new OverlayEntry<G, Members<K, V>>(mapKey, group, members, -1)
    this.#overlay.remember(entry)
    return entry
  }
}

function isThere<K, V>(entry: MemberEntry<K, V>): entry is MemberEntry<K, V> & { value: V } {
  return entry.value !== null
}

/** As Java's combined key: the length of the group's key as int32, then both keys. */
function writeChangelogKey(group: string, member: string, out: ByteWriter): void {
  out.writeInt32(group.length)
  out.writeLatin1(group)
  out.writeLatin1(member)
}

function slice(bytes: Buffer, start: number, end: number): Buffer {
  return bytes.subarray(start, end)
}

/** In scratch memory. */
function databaseKey(prefix: number, mapKey: string, out: ByteWriter): Buffer {
  out.length = 0
  out.reserve(mapKey.length + 1)
  out.buffer[0] = prefix
  return out.buffer.subarray(0, 1 + out.buffer.write(mapKey, 1, 'latin1'))
}

function noGroup(key: Buffer): MillraceError {
  return new MillraceError(
    'CHANGELOG_INVALID',
    `The changelog of a grouped store has a key of ${key.length} bytes that names no group: ` +
      'something else than this application wrote to it, or the store was of another kind before.',
    { details: { keyBytes: key.length } }
  )
}
