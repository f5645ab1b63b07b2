/** Answers what an application may be asked: its stores, who owns a key, and where the other instances are. */
import { MillraceError, type StoreDefinition } from '@millrace/state'
import type { TopicPartition } from '../record.js'
import type { Subtopology, Topology } from '../topology/topology.js'
import { InstanceDirectory } from './instance-directory.js'
import type { StreamsState } from './lifecycle.js'
import { type InstanceMetadata, type KeyMetadata, parseHost } from './metadata.js'
import { QueryableSessionStore } from './queryable-session-store.js'
import { QueryableStore } from './queryable-store.js'
import { QueryableWindowStore } from './queryable-window-store.js'
import { StoreShards } from './store-shards.js'
import { GLOBAL_TASK_ID, type TaskId, type TaskPlan } from './task-plan.js'
import type { WorkerHandle } from './worker-handle.js'

/** The application as it is at the moment of a question. */
export interface ApplicationView {
  readonly state: StreamsState
  readonly topology: Topology
  readonly plan: TaskPlan
  readonly applicationServer: string | undefined
  readonly workers: readonly { readonly handle: WorkerHandle; readonly active: readonly TaskId[] }[]
  /** Which instance reads which partitions, by `host:port`. */
  readonly hosts: ReadonlyMap<string, readonly TopicPartition[]>
}

export class InteractiveQueries {
  readonly #look: () => ApplicationView
  /** By store, of a plan: to look through its tasks for every key would make a key cost more the more tasks there are. */
  readonly #shardsOf = new Map<string, StoreShards<any>>()
  #plan: TaskPlan | undefined
  #lastDirectory: InstanceDirectory | undefined

  /** `look` is called for every question; it throws `NOT_RUNNING` where there is nothing to see yet. */
  constructor(look: () => ApplicationView) {
    this.#look = look
  }

  get #view(): ApplicationView {
    return this.#look()
  }

  store<K, V>(name: string): QueryableStore<K, V> {
    this.#requireKind(name, 'key-value')
    return new QueryableStore<K, V>(this.#shards(name))
  }

  windowStore<K, V>(name: string): QueryableWindowStore<K, V> {
    const definition = this.#requireKind(name, 'window')
    return new QueryableWindowStore<K, V>(definition, this.#shards(name))
  }

  sessionStore<K, V>(name: string): QueryableSessionStore<K, V> {
    this.#requireKind(name, 'session')
    return new QueryableSessionStore<K, V>(this.#shards(name))
  }

  #requireKind<T extends StoreDefinition['kind']>(name: string, wanted: T): Extract<StoreDefinition, { kind: T }> {
    const definition = this.#definition(name)
    const { kind } = definition
    if (kind === wanted) return definition as Extract<StoreDefinition, { kind: T }>
    throw new MillraceError('STORE_KIND_MISMATCH', `Store ${name} is a ${kind} store, not a ${wanted} store.`, {
      details: { store: name, kind, wanted }
    })
  }

  #shards<K>(name: string): StoreShards<K> {
    const { plan } = this.#view
    if (plan !== this.#plan) {
      this.#plan = plan
      this.#shardsOf.clear()
    }
    let shards = this.#shardsOf.get(name)
    if (shards === undefined) {
      shards = this.#findShards<K>(name, plan)
      this.#shardsOf.set(name, shards)
    }
    return shards
  }

  #findShards<K>(name: string, plan: TaskPlan): StoreShards<K> {
    const definition = this.#definition(name) as StoreDefinition<K>
    const subtopology = this.#subtopologyOf(name)
    if (subtopology.global) {
      return new StoreShards<K>(definition, {
        global: true,
        partitionCount: 1,
        localPartitions: () => [0],
        worker: () => this.#anyWorker(name)
      })
    }
    const taskId = (partition: number): TaskId => `${subtopology.id}_${partition}`
    const tasks = [...plan.tasks.values()].filter(task => task.subtopology.id === subtopology.id)
    return new StoreShards<K>(definition, {
      global: false,
      partitionCount: tasks.length,
      localPartitions: () =>
        tasks.filter(({ id }) => this.#workerOf(id) !== undefined).map(({ partition }) => partition),
      worker: partition => this.#requireWorker(name, taskId(partition))
    })
  }

  metadataForKey(store: string, key: unknown): KeyMetadata {
    const partition = this.#shards(store).partitionOf(key)
    const { id, global } = this.#subtopologyOf(store)
    if (global) {
      const owner = parseHost(this.#view.applicationServer)
      return { store, partition: -1, taskId: GLOBAL_TASK_ID, owner, local: true }
    }
    const taskId = `${id}_${partition}`
    const local = this.#workerOf(taskId) !== undefined
    const owner = local ? parseHost(this.#view.applicationServer) : this.#directory.ownerOf(taskId)
    return { store, partition, taskId, owner, local }
  }

  /** The same array until the group assigns anew. */
  instances(): readonly InstanceMetadata[] {
    return this.#directory.instances
  }

  get #directory(): InstanceDirectory {
    const view = this.#view
    if (this.#lastDirectory?.isOf(view) !== true) this.#lastDirectory = new InstanceDirectory(view)
    return this.#lastDirectory
  }

  #definition(name: string): StoreDefinition {
    const { stores } = this.#view.topology
    const definition = stores.get(name)
    if (definition !== undefined) return definition
    const known = [...stores.keys()].join(', ') || 'none'
    throw new MillraceError('STORE_NOT_FOUND', `There is no store ${name}. Stores of this topology: ${known}.`, {
      details: { store: name }
    })
  }

  #subtopologyOf(store: string): Subtopology {
    return this.#view.topology.subtopologies.find(({ stores }) => stores.includes(store))!
  }

  /** Each has all of the global stores. */
  #anyWorker(store: string): WorkerHandle {
    this.#requireRunning(store)
    return this.#view.workers[0]!.handle
  }

  #workerOf(taskId: TaskId): WorkerHandle | undefined {
    return this.#view.workers.find(({ active }) => active.includes(taskId))?.handle
  }

  #requireWorker(store: string, taskId: TaskId): WorkerHandle {
    this.#requireRunning(store)
    const worker = this.#workerOf(taskId)
    if (worker !== undefined) return worker
    throw new MillraceError('STORE_NOT_LOCAL', `Task ${taskId} of store ${store} is not on this instance.`, {
      details: { store, task: taskId }
    })
  }

  #requireRunning(store: string): void {
    const { state } = this.#view
    if (state === 'RUNNING' || state === 'REBALANCING') return
    throw new MillraceError('NOT_RUNNING', `Store ${store} cannot be queried: the application is ${state}.`)
  }
}
