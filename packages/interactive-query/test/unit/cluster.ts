/** Instances of an application in memory, each with its own HTTP server, that share out the keys of one store. */
import { type MillraceError, type StoreDefinition, type Windowed } from '@millrace/core'
import { latin1, type ByteWriter, type Serde } from '@millrace/state'
import type {
  ApplicationInstance,
  HostInfo,
  QueryableApplication,
  QueryableSessionStore,
  QueryableStore,
  QueryableWindowStore
} from '@millrace/interactive-query'

const text: Serde<string> = {
  name: 'string',
  write: (value: string, out: ByteWriter) => out.writeUtf8(value),
  read: (bytes, start, end) => bytes.toString('utf8', start, end)
}

export const int64: Serde<number> = {
  name: 'int64',
  write: (value: number, out: ByteWriter) => out.writeInt64(value),
  read: (bytes, start) => Number(bytes.readBigInt64BE(start))
}

export function storeOf(name: string, key: Serde<any> = text): StoreDefinition {
  return { kind: 'key-value', name, key, value: int64, logging: true, caching: true }
}

/** Stores of windows of 10 ms, and of sessions. */
export function timedStoreOf(kind: 'window' | 'session', name: string): StoreDefinition {
  const common = { name, key: text, value: int64, logging: true, caching: true, retentionMs: 1000 }
  if (kind === 'session') return { kind, ...common }
  return { kind, ...common, windowSizeMs: 10, bucketMs: 10, retainDuplicates: false }
}

/** One instance. What it says of the others is in its public fields, for tests to bend. */
export class FakeInstance implements QueryableApplication {
  state = 'RUNNING'
  /** Index into `members` by key; undefined: nobody. */
  ownerOf: (key: unknown) => number | undefined = () => 0
  members: HostInfo[] = []
  self = 0
  failure: MillraceError | undefined
  reads = 0
  readonly entries = new Map<unknown, unknown>()
  /** Windows and sessions by key, by their ends. */
  readonly times = new Map<unknown, { readonly start: number; readonly end: number; readonly value: unknown }[]>()
  readonly topology: QueryableApplication['topology']
  readonly #definition: StoreDefinition

  constructor(definition = storeOf('counts')) {
    this.#definition = definition
    this.topology = {
      stores: new Map([[definition.name, definition]]),
      describe: () => 'Topologies:\n   Sub-topology: 0\n'
    }
  }

  store(): QueryableStore {
    const { failure } = this
    const sorted = [...this.entries].sort(([a], [b]) => (this.order(a) < this.order(b) ? -1 : 1))
    return {
      get: async key => {
        this.reads++
        if (failure !== undefined) throw failure
        return this.entries.get(key)
      },
      range: ({ from, to, reverse }) => {
        const inside = sorted.filter(
          ([key]) =>
            (from === undefined || this.order(key) >= this.order(from)) &&
            (to === undefined || this.order(key) <= this.order(to))
        )
        return asyncOf(reverse === true ? inside.reverse() : inside)
      }
    }
  }

  windowStore(): QueryableWindowStore {
    const found = (key: unknown, from: number, to: number) =>
      this.#timesOf(key, ({ start }) => start >= from && start <= to).map(({ start, value }): [number, unknown] => [
        start,
        value
      ])
    return {
      fetch: (key, from, to) => asyncOf(found(key, from, to)),
      backwardFetch: (key, from, to) => asyncOf(found(key, from, to).reverse())
    }
  }

  sessionStore(): QueryableSessionStore {
    const found = (key: unknown, from: number, to: number) =>
      this.#timesOf(key, ({ start, end }) => end >= from && start <= to).map(
        ({ start, end, value }): [Windowed<unknown>, unknown] => [{ key, window: { start, end } }, value]
      )
    return {
      findSessions: (key, from, to) => asyncOf(found(key, from, to)),
      backwardFindSessions: (key, from, to) => asyncOf(found(key, from, to).reverse())
    }
  }

  #timesOf(key: unknown, wanted: (time: { readonly start: number; readonly end: number }) => boolean) {
    this.reads++
    if (this.failure !== undefined) throw this.failure
    return (this.times.get(key) ?? []).filter(wanted)
  }

  order(key: unknown): string {
    return latin1(this.#definition.key, key)
  }

  metadataForKey(_store: string, key: unknown) {
    const index = this.ownerOf(key)
    const owner = index === undefined ? undefined : this.members[index]
    return {
      store: this.#definition.name,
      partition: index ?? 0,
      taskId: `1_${index ?? 0}`,
      owner,
      local: index === this.self
    }
  }

  instances(): ApplicationInstance[] {
    return this.members.map((it, index) => ({
      ...it,
      local: index === this.self,
      partitions: [{ topic: 'lines', partition: index }]
    }))
  }
}

async function* asyncOf<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

/** An answer as tests look at it. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: any
}

export async function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, { headers })
  const body = await response.text()
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  return {
    status: response.status,
    headers: response.headers,
    text: body,
    json: isJson && !body.includes('\n') ? JSON.parse(body) : undefined
  }
}
