/** Finds where a store is that is asked for, among what a worker has. */
import { MillraceError, type TaskState } from '@millrace/state'
import type { Topology } from '../topology/topology.js'
import type { GlobalState } from './global-state.js'
import type { OwnedTasks } from './owned-tasks.js'

export interface LocalStates {
  readonly topology: Topology
  /** Undefined before the worker has started. */
  readonly tasks: Pick<OwnedTasks, 'get' | 'has'> | undefined
  readonly globalState: Pick<GlobalState, 'state'> | undefined
}

/** Throws `STORE_NOT_LOCAL` when its task is elsewhere, `STORE_NOT_READY` while it is being restored or filled. */
export function localState(name: string, partition: number, modules: LocalStates): TaskState {
  const { topology, tasks, globalState } = modules
  const subtopology = topology.subtopologies.find(({ stores }) => stores.includes(name))
  if (subtopology?.global === true) {
    if (globalState?.state !== undefined) return globalState.state
    throw new MillraceError('STORE_NOT_READY', `Global store ${name} is being filled; try again shortly.`, {
      details: { store: name }
    })
  }
  const id = `${subtopology?.id}_${partition}`
  const task = tasks?.get(id)
  if (task !== undefined) return task.state
  if (tasks?.has(id) === true) {
    throw new MillraceError('STORE_NOT_READY', `Store ${name} of task ${id} is being restored; try again shortly.`, {
      details: { store: name, task: id }
    })
  }
  throw new MillraceError('STORE_NOT_LOCAL', `Store ${name} of task ${id} is on another instance.`, {
    details: { store: name, task: id }
  })
}
