/** Fills the global stores of one worker with the records of their topics. No group has a part in it. */
import { MillraceError, type TaskState } from '@millrace/state'
import type { FetchedBatches } from '../client/fetcher.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { OperatorRuntime, Process } from '../operators/operator.js'
import type { TopicPartition } from '../record.js'
import type { ProcessorNode, SourceNode, Topology } from '../topology/topology.js'
import { compilePipeline } from './pipeline.js'
import { processingError } from './processing-error.js'
import { PartitionQueue } from './record-buffer.js'
import { RecordDecoder } from './record-decoder.js'
import { sourceOf } from './source-of.js'
import { GLOBAL_TASK_ID, type GlobalPlan } from './task-plan.js'
import { TaskRuntime } from './task-runtime.js'

/** How often the clock is looked at, in records. */
const RECORDS_PER_LOOK = 32

export interface GlobalTaskOptions {
  readonly plan: GlobalPlan
  readonly applicationId: string
  readonly deserializationExceptionHandler: 'fail' | 'logAndContinue'
  /** Where each input starts and where its log ends, in the order of the plan's inputs. */
  readonly start: readonly { readonly offset: number; readonly end: number }[]
}

export interface GlobalTaskModules {
  readonly topology: Topology
  readonly state: TaskState
  readonly logger: Logger
  readonly clock: Clock
}

/** Reads partition by partition: no order holds between the partitions of a table. */
export class GlobalTask {
  readonly state: TaskState
  readonly queues: readonly PartitionQueue[]
  recordsSkipped = 0
  readonly #options: GlobalTaskOptions
  readonly #modules: GlobalTaskModules
  readonly #runtime: TaskRuntime
  /** Of each queue. */
  readonly #processes: readonly Process[]
  /** Positions as the database has them. */
  #committed: readonly number[]

  /** Calls the processors' `init`. Throws `PROCESSOR_INIT_FAILED`. */
  constructor(options: GlobalTaskOptions, modules: GlobalTaskModules) {
    this.#options = options
    this.#modules = modules
    this.state = modules.state
    const { applicationId, plan } = options
    const globalStore = (name: string) => (plan.subtopology.stores.includes(name) ? this.state.store(name) : undefined)
    this.#runtime = new TaskRuntime(
      { taskId: GLOBAL_TASK_ID, applicationId, caching: false },
      // What fills a global store is a processor, and these make no asynchronous calls.
      { ...modules, globalStore, flushCaches: () => {}, onAsyncResult: () => {} }
    )
    const sources = compilePipeline(plan.subtopology, {
      runtime: node => this.#runtimeOf(node),
      sink: () => () => {}
    })
    const read = plan.inputs.map(({ topic }) => sources.get(sourceOf(plan.subtopology.nodes, topic)!.name)!)
    this.queues = plan.inputs.map((tp, i) => this.#queue(tp, options.start[i]!, read[i]!.node))
    this.#processes = read.map(({ process }) => process)
    this.#committed = this.#positions()
    this.#runtime.open()
  }

  /** Largest timestamp taken so far; -1 before the first record. */
  get streamTime(): number {
    return this.#runtime.streamTime
  }

  get recordsDropped(): number {
    return this.#runtime.recordsDropped
  }

  queue(tp: TopicPartition): PartitionQueue | undefined {
    return this.queues.find(({ topic, partition }) => topic === tp.topic && partition === tp.partition)
  }

  add(fetched: FetchedBatches): void {
    this.queue(fetched)?.add(fetched)
  }

  /** Processes what is there until the deadline; returns how many records that was. Throws `PROCESSING_FAILED`. */
  process(deadline: number, now: () => number): number {
    let count = 0
    for (const [i, queue] of this.queues.entries()) {
      const process = this.#processes[i]!
      const { head } = queue
      while (queue.hasHead) {
        if (head.timestamp > this.#runtime.streamTime) this.#runtime.streamTime = head.timestamp
        try {
          process(head.key, head.value, head.timestamp, head.context)
        } catch (error) {
          throw processingError(error, head.context)
        }
        queue.next()
        if (++count % RECORDS_PER_LOOK === 0 && now() >= deadline) return count
      }
    }
    return count
  }

  /** Whether there is something to commit. */
  get changed(): boolean {
    return this.#positions().some((position, i) => position !== this.#committed[i])
  }

  /** Writes the stores and the offsets they stand for as one batch. */
  async commit(options: { readonly sync: boolean }): Promise<void> {
    if (!this.changed) return
    const positions = this.#positions()
    const offsets = new Map<string, readonly number[]>()
    for (const name of this.#options.plan.subtopology.stores) {
      const { sourceTopic } = this.#modules.topology.stores.get(name)!
      offsets.set(
        name,
        positions.filter((_, i) => this.queues[i]!.topic === sourceTopic)
      )
      // To the batch; the log has them already.
      this.state.visitChanges(name, () => {})
    }
    await this.state.commit(offsets, options)
    this.#committed = positions
  }

  /** Calls the processors' `close`. Throws `PROCESSOR_CLOSE_FAILED` once all were called. */
  close(): void {
    this.#runtime.close()
  }

  #positions(): number[] {
    return this.queues.map(({ position }) => position)
  }

  #queue(
    tp: TopicPartition,
    start: { readonly offset: number; readonly end: number },
    source: SourceNode
  ): PartitionQueue {
    const decoder = new RecordDecoder(
      { source, deserializationExceptionHandler: this.#options.deserializationExceptionHandler },
      { logger: this.#modules.logger, counter: { skipped: () => void this.recordsSkipped++ } }
    )
    return new PartitionQueue(tp, { ...start, partitionTime: -1 }, decoder)
  }

  /** Nothing is called as time goes on: a global store has what its topic has, whenever it is filled. */
  #runtimeOf(node: ProcessorNode): OperatorRuntime {
    return {
      ...this.#runtime.of(node),
      schedule: () => {
        throw new MillraceError(
          'PUNCTUATION_UNSUPPORTED',
          `${node.name} fills a global store and cannot be called as time goes on. Leave the schedule out.`,
          { details: { node: node.name } }
        )
      }
    }
  }
}
