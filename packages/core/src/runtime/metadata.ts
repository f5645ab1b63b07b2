/** Where things are: instances of an application, and the owner of a key. */
import type { TopicPartition } from '../record.js'
import type { TaskId } from './task-plan.js'

/** The address an instance answers queries at. */
export interface HostInfo {
  readonly host: string
  readonly port: number
}

/** An instance of the group and what it reads. Kafka's `StreamsMetadata`. */
export interface InstanceMetadata extends HostInfo {
  readonly partitions: readonly TopicPartition[]
  /** It is this instance. */
  readonly local: boolean
}

/** Kafka's `KeyQueryMetadata`. */
export interface KeyMetadata {
  readonly store: string
  /** -1 of a global store, which is whole in every instance. */
  readonly partition: number
  /** `global` of a global store. */
  readonly taskId: TaskId
  /** Undefined while nobody has the task, or when its owner set no `applicationServer`. */
  readonly owner: HostInfo | undefined
  /** This instance has it; always true of a global store. */
  readonly local: boolean
}

/** `host:port`; brackets of an IPv6 address are taken off. */
export function parseHost(address: string | undefined): HostInfo | undefined {
  const match = address === undefined ? null : /^(?:\[([0-9a-fA-F:]+)\]|([a-zA-Z0-9.-]+)):([0-9]{1,5})$/.exec(address)
  if (match === null) return undefined
  return { host: (match[1] ?? match[2])!, port: Number(match[3]) }
}
