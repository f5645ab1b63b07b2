/** Opens task states for the suites, with stores of text keys and whole numbers. */
import type { StateEngine } from '../engine.js'
import type { Serde } from '../serde.js'
import type { KeyValueStore, KeyValueStoreDefinition, StoreDefinition, TaskState, Timestamped } from '../store.js'
import { openTaskState, type TaskStateOptions } from '../task-state.js'
import { EngineBench } from './engine-bench.js'
import { changesOf } from './changes-of.js'

export const text: Serde<string> = {
  name: 'text',
  write: (value, out) => out.writeUtf8(value),
  read: (bytes, start, end) => bytes.toString('utf8', start, end)
}

export const int64: Serde<number> = {
  name: 'int64',
  write: (value, out) => out.writeInt64(value),
  read: (bytes, start) => Number(bytes.readBigInt64BE(start))
}

export type Counts = KeyValueStore<string, number>

export function define(name: string, options: Partial<KeyValueStoreDefinition> = {}): StoreDefinition {
  return { kind: 'key-value', name, key: text, value: int64, logging: true, caching: false, ...options }
}

export class StateBench {
  readonly #bench: EngineBench
  #open: TaskState[] = []

  constructor(engine: StateEngine) {
    this.#bench = new EngineBench(engine)
  }

  start(): Promise<void> {
    return this.#bench.start()
  }

  async endTest(): Promise<void> {
    await Promise.all(this.#open.map(state => state.close()))
    this.#open = []
  }

  end(): Promise<void> {
    return this.#bench.end()
  }

  newDirectory(): string {
    return this.#bench.newDirectory()
  }

  async open(options: Partial<TaskStateOptions> = {}): Promise<TaskState> {
    const state = await openTaskState(
      { directory: this.newDirectory(), definitions: [define('counts')], cacheMaxBytes: 1024 * 1024, ...options },
      { engine: this.#bench.engine }
    )
    this.#open.push(state)
    return state
  }
}

export function counts(state: TaskState, name = 'counts'): Counts {
  return state.store(name) as Counts
}

/** As the checkpoint does it: shows the changes of the stores, then commits; returns what was shown. */
export async function commit(
  state: TaskState,
  offsets: Readonly<Record<string, number>>,
  sync = false
): Promise<string[]> {
  const shown = Object.keys(offsets).flatMap(name => changes(state, name))
  await state.commit(new Map(Object.entries(offsets)), { sync })
  return shown
}

/** The changes of a store as `key=value@timestamp`, sorted. */
export function changes(state: TaskState, name = 'counts'): string[] {
  const shown = changesOf(state, name).map(({ key, value, timestamp }) => {
    const number = value === null ? 'null' : int64.read(value, 0, value.length)
    return `${text.read(key, 0, key.length)}=${number}@${timestamp}`
  })
  return shown.sort()
}

export async function entries(stored: AsyncIterable<[string, Timestamped<number>]>): Promise<[string, number][]> {
  const found: [string, number][] = []
  for await (const [key, { value }] of stored) found.push([key, value])
  return found
}
