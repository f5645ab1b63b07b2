/** The instances of an application under one assignment, and which of them has a task. */
import type { TopicPartition } from '../record.js'
import { type HostInfo, type InstanceMetadata, parseHost } from './metadata.js'
import type { TaskId, TaskPlan } from './task-plan.js'

export interface InstanceDirectoryOptions {
  readonly plan: TaskPlan
  /** Which instance reads which partitions, by `host:port`. */
  readonly hosts: ReadonlyMap<string, readonly TopicPartition[]>
  /** `host:port` of this instance. */
  readonly applicationServer: string | undefined
}

/** Made once for an assignment: every look-up of a key asks it, and reading an address takes longer than the look-up. */
export class InstanceDirectory {
  readonly instances: readonly InstanceMetadata[]
  readonly #options: InstanceDirectoryOptions
  readonly #owners = new Map<TaskId, HostInfo | undefined>()

  constructor(options: InstanceDirectoryOptions) {
    const { hosts, applicationServer } = options
    this.#options = options
    this.instances = [...hosts].flatMap(([address, partitions]) => {
      const host = parseHost(address)
      return host === undefined ? [] : [{ ...host, partitions, local: address === applicationServer }]
    })
  }

  isOf({ plan, hosts, applicationServer }: InstanceDirectoryOptions): boolean {
    const mine = this.#options
    return plan === mine.plan && hosts === mine.hosts && applicationServer === mine.applicationServer
  }

  /** The address of the instance that reads the task's input. */
  ownerOf(taskId: TaskId): HostInfo | undefined {
    if (!this.#owners.has(taskId)) this.#owners.set(taskId, this.#find(taskId))
    return this.#owners.get(taskId)
  }

  #find(taskId: TaskId): HostInfo | undefined {
    const input = this.#options.plan.tasks.get(taskId)?.inputs[0]
    const owner = this.instances.find(({ partitions }) =>
      partitions.some(({ topic, partition }) => topic === input?.topic && partition === input.partition)
    )
    return owner === undefined ? undefined : { host: owner.host, port: owner.port }
  }
}
