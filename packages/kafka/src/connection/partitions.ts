/** Calls that go to the leaders of partitions. */
import {
  BrokerError,
  type FetchRequest,
  type FetchResult,
  type Logger,
  type OffsetPosition,
  type PartitionOffset,
  type ProduceBatch,
  type ProduceResult,
  type TopicDescription,
  type TopicPartition
} from '@millrace/core'
import { answeredError, brokerErrorName, isTransient, kafkaErrorName } from '../errors.js'
import { deleteRecords, type PartitionOutcome } from '../protocol/delete-records.js'
import { fetch, type FetchOutcome } from '../protocol/fetch.js'
import { listOffsets } from '../protocol/list-offsets.js'
import { produce, type ProduceOutcome } from '../protocol/produce.js'
import { rejectOnAbort, type Cluster } from './cluster.js'
import type { Topics } from './topics.js'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const LEADER_NOT_AVAILABLE = 5

/** Reads, writes and looks up offsets. */
export class Partitions {
  readonly #cluster: Cluster
  readonly #topics: Topics
  readonly #logger: Logger
  /** For the calls that find leaders by themselves; an error forgets a topic. */
  readonly #leaders = new Map<string, TopicDescription>()

  constructor(modules: { readonly cluster: Cluster; readonly topics: Topics; readonly logger: Logger }) {
    this.#cluster = modules.cluster
    this.#topics = modules.topics
    this.#logger = modules.logger
  }

  async listOffsets(
    partitions: readonly TopicPartition[],
    position: OffsetPosition
  ): Promise<readonly PartitionOffset[]> {
    const outcomes = await this.#askLeaders('offsets', partitions, async (node, entries, timeoutMs) => {
      return (await this.#cluster.ask(node, 'control', listOffsets, { partitions: entries, position }, timeoutMs))
        .partitions
    })
    const older = outcomes.filter(({ offset }) => offset < 0)
    const ends = older.length > 0 ? await this.listOffsets(older, 'latest') : []
    return [
      ...outcomes
        .filter(({ offset }) => offset >= 0)
        .map(({ topic, partition, offset }) => ({ topic, partition, offset })),
      ...ends
    ]
  }

  async deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    await this.#askLeaders('deletion of records', before, async (node, entries, timeoutMs) => {
      return (await this.#cluster.ask(node, 'control', deleteRecords, { before: entries, timeoutMs }, timeoutMs))
        .partitions
    })
  }

  async produce(node: number, batches: readonly ProduceBatch[]): Promise<readonly ProduceResult[]> {
    const timeoutMs = this.#cluster.requestTimeoutMs
    // Sent without waiting in between: a node answers the requests of one connection in their order.
    const replies = await Promise.all(
      oneBatchPerPartition(batches).map(round =>
        this.#cluster.ask(node, 'produce', produce, { batches: round, timeoutMs }, timeoutMs + ANSWER_GRACE_MS)
      )
    )
    return replies.flatMap(reply => reply.partitions.map(outcome => this.#produceResult(node, outcome)))
  }

  async fetch(node: number, request: FetchRequest, signal: AbortSignal): Promise<readonly FetchResult[]> {
    const aborted = (): Error => new BrokerError('CLOSED', `the fetch from node ${node} was aborted`)
    if (signal.aborted) throw aborted()
    const timeoutMs = request.maxWaitMs + this.#cluster.requestTimeoutMs
    const stop = new AbortController()
    const answer = this.#cluster.askAlone(node, fetch, request, timeoutMs, signal)
    try {
      const forward = (): void => stop.abort()
      signal.addEventListener('abort', forward, { once: true })
      const reply = await Promise.race([answer, rejectOnAbort(stop.signal, aborted)]).finally(() =>
        signal.removeEventListener('abort', forward)
      )
      if (reply.errorCode !== 0) throw answeredError(reply.errorCode, `fetch from node ${node}`, { node })
      return reply.partitions.map(outcome => this.#fetchResult(node, outcome))
    } catch (error) {
      // The answer to an aborted request comes later, and is of no interest then, not even as an error.
      answer.catch(() => {})
      throw error
    }
  }

  #produceResult(
    node: number,
    { topic, partition, baseOffset, errorCode, errorMessage }: ProduceOutcome
  ): ProduceResult {
    if (errorCode === 0) return { topic, partition, baseOffset }
    return {
      topic,
      partition,
      baseOffset: -1,
      error: this.#partitionError('produce', { node, topic, partition }, errorCode, errorMessage)
    }
  }

  #fetchResult(node: number, { errorCode, ...outcome }: FetchOutcome): FetchResult {
    if (errorCode === 0) return outcome
    const { topic, partition } = outcome
    return { ...outcome, error: this.#partitionError('fetch', { node, topic, partition }, errorCode) }
  }

  /** The reply has room for a word only: what else the broker said goes to the log. */
  #partitionError(
    what: string,
    at: TopicPartition & { readonly node: number },
    errorCode: number,
    errorMessage?: string
  ): ReturnType<typeof brokerErrorName> {
    const error = brokerErrorName(errorCode)
    this.#leaders.delete(at.topic)
    const facts = {
      ...at,
      kafkaError: kafkaErrorName(errorCode),
      ...(errorMessage === undefined ? {} : { errorMessage })
    }
    if (error === 'UNKNOWN') this.#logger.warn(facts, `Kafka refused a ${what} request`)
    else this.#logger.debug(facts, `Kafka refused a ${what} request`)
    return error
  }

  /** Asks each partition's leader; partitions whose leader has moved are asked for again. */
  async #askLeaders<Entry extends TopicPartition, Outcome extends PartitionOutcome>(
    what: string,
    entries: readonly Entry[],
    ask: (node: number, entries: readonly Entry[], timeoutMs: number) => Promise<readonly Outcome[]>
  ): Promise<readonly Outcome[]> {
    const answered: Outcome[] = []
    let rest = entries
    if (rest.length === 0) return answered
    await this.#cluster.retrying(this.#cluster.requestTimeoutMs, async remainingMs => {
      try {
        const byLeader = await this.#groupByLeader(what, rest)
        const outcomes = (await Promise.all([...byLeader].map(([node, own]) => ask(node, own, remainingMs)))).flat()
        answered.push(...outcomes.filter(outcome => outcome.errorCode === 0))
        const failures = outcomes.filter(outcome => outcome.errorCode !== 0)
        rest = rest.filter(entry =>
          failures.some(failure => failure.topic === entry.topic && failure.partition === entry.partition)
        )
        const errors = failures.map(({ topic, partition, errorCode }) => refusal(what, { topic, partition }, errorCode))
        const first = errors.find(error => !isTransient(error)) ?? errors[0]
        if (first !== undefined) throw first
      } catch (error) {
        for (const { topic } of rest) this.#leaders.delete(topic)
        throw error
      }
    })
    return answered
  }

  async #groupByLeader<Entry extends TopicPartition>(
    what: string,
    entries: readonly Entry[]
  ): Promise<Map<number, Entry[]>> {
    const unknown = [...new Set(entries.map(entry => entry.topic))].filter(topic => !this.#leaders.has(topic))
    for (const [name, description] of await this.#topics.describe(unknown)) this.#leaders.set(name, description)
    const byLeader = new Map<number, Entry[]>()
    for (const entry of entries) {
      const found = this.#leaders.get(entry.topic)?.partitions.find(({ partition }) => partition === entry.partition)
      if (found === undefined) throw refusal(what, entry, UNKNOWN_TOPIC_OR_PARTITION)
      if (found.leader === undefined) throw refusal(what, entry, LEADER_NOT_AVAILABLE)
      const own = byLeader.get(found.leader)
      if (own === undefined) byLeader.set(found.leader, [entry])
      else own.push(entry)
    }
    return byLeader
  }
}

/** The broker's own time limit for replication comes first. */
const ANSWER_GRACE_MS = 1000

function refusal(what: string, { topic, partition }: TopicPartition, errorCode: number): BrokerError {
  return answeredError(errorCode, `request for ${what} of ${topic}-${partition}`, { topic, partition })
}

/** A Produce request has room for one batch per partition: further ones follow in further requests. */
function oneBatchPerPartition(batches: readonly ProduceBatch[]): ProduceBatch[][] {
  const rounds: ProduceBatch[][] = []
  const counts = new Map<string, number>()
  for (const batch of batches) {
    const key = `${batch.topic}/${batch.partition}`
    const round = counts.get(key) ?? 0
    counts.set(key, round + 1)
    if (round === rounds.length) rounds.push([])
    rounds[round]!.push(batch)
  }
  return rounds
}
