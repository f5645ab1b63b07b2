/** When a worker commits, and who waits for it: one commit at a time, beside which its tasks process on. */
import type { Clock } from '../clock.js'
import type { Checkpoint, CommitResult } from './checkpoint.js'
import type { GlobalState } from './global-state.js'
import type { OwnedTasks } from './owned-tasks.js'
import type { Task } from './task.js'

/** A commit that finds more than this to write does not wait for its time, even where caches are small; in bytes. */
const LEAST_DIRTY_BYTES = 8 * 1024 * 1024

/** A commit that has come to its end. */
export interface EndedCommit {
  readonly tasks: readonly Task[]
  readonly result: CommitResult
}

interface CommitUnderWay {
  readonly tasks: readonly Task[]
  readonly result: Promise<CommitResult>
}

export interface CommitsModules {
  readonly checkpoint: Checkpoint
  readonly globalState: GlobalState
  readonly tasks: OwnedTasks
  readonly clock: Clock
  /** Ends the waits for the broker. */
  readonly signal: AbortSignal
  /** A commit has ended: `end` does not wait now. */
  onEnded(): void
}

export class Commits {
  readonly #options: { readonly intervalMs: number; readonly cacheMaxBytes: number }
  readonly #modules: CommitsModules
  #underWay: CommitUnderWay | undefined
  #ended = false
  #last: number
  /** Of those who asked for a commit: told when all is committed that was there when they came. */
  #asked: ((error?: unknown) => void)[] = []
  /** The same, of those whose records a commit has begun to cover. */
  #covered: ((error?: unknown) => void)[] = []

  constructor(options: { readonly intervalMs: number; readonly cacheMaxBytes: number }, modules: CommitsModules) {
    this.#options = options
    this.#modules = modules
    this.#last = modules.clock.now()
  }

  /** `done` is called once what is there now is committed; or with an error. */
  ask(done: (error?: unknown) => void): void {
    this.#asked.push(done)
  }

  /** Nobody is left waiting for what will not come. */
  refuse(error: unknown): void {
    for (const done of [...this.#covered.splice(0), ...this.#asked.splice(0)]) done(error)
  }

  /** When the next one begins at the latest, in ms since the epoch. */
  get nextAt(): number {
    return this.#last + this.#options.intervalMs
  }

  /** Whether one is under way that `end` need not be called for yet. */
  get busy(): boolean {
    return this.#underWay !== undefined && !this.#ended && this.#dirtyBytes <= this.#mostDirtyBytes * 2
  }

  /**
   * Begins one where it is due, with the tasks that are ready for it: those with calls of async operators under way take no
   * records from then on, and follow later. To be called when none is under way.
   */
  beginWhenDue(): void {
    const tasks = this.#running
    const due =
      this.#asked.length > 0 ||
      this.#modules.clock.now() >= this.nextAt ||
      this.#dirtyBytes > this.#mostDirtyBytes ||
      tasks.some(task => task.commitRequested && !task.draining)
    const ready = tasks.filter(task => (due || task.draining) && task.drain())
    if (due) {
      this.#covered.push(...this.#asked.splice(0))
      this.#last = this.#modules.clock.now()
    }
    if ((due && this.#modules.globalState.changed) || ready.some(task => task.changed)) this.begin(ready)
    else this.answer()
  }

  /** Begins one with these tasks, none of which may be under way. */
  begin(tasks: readonly Task[]): void {
    const { checkpoint, globalState, signal, onEnded } = this.#modules
    const both = Promise.all([checkpoint.commit(tasks, { signal }), globalState.commit()])
    const result = both.then(([ofTasks]) => ofTasks)
    this.#ended = false
    this.#underWay = { tasks, result }
    const ended = (): void => {
      this.#ended = true
      onEnded()
    }
    result.then(ended, ended)
  }

  /** Waits for the one under way, if any. Rejects when records cannot be written or stored. */
  async end(): Promise<EndedCommit | undefined> {
    const { tasks, result } = this.#underWay ?? {}
    if (tasks === undefined || result === undefined) return undefined
    try {
      return { tasks, result: await result }
    } finally {
      this.#underWay = undefined
    }
  }

  /** Tells those who asked, unless tasks are still to follow. */
  answer(): void {
    if (this.#modules.signal.aborted || this.#running.some(task => task.draining)) return
    for (const done of this.#covered.splice(0)) done()
  }

  get #running(): Task[] {
    return [...this.#modules.tasks.running]
  }

  get #mostDirtyBytes(): number {
    return Math.max(this.#options.cacheMaxBytes / 2, LEAST_DIRTY_BYTES)
  }

  /** Of what a commit would write now, and of what one writes. */
  get #dirtyBytes(): number {
    let bytes = this.#modules.globalState.dirtyBytes
    for (const task of this.#running) if (!task.draining) bytes += task.state.dirtyBytes
    return bytes
  }
}
