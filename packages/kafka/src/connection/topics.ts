/** Describing, creating and deleting topics. */
import { BrokerError, type NewTopic, type TopicDescription } from '@millrace/core'
import { answeredError, isTransient, kafkaErrorName } from '../errors.js'
import { createTopics, type TopicOutcome } from '../protocol/create-topics.js'
import { deleteTopics } from '../protocol/delete-topics.js'
import type { MetadataReply, TopicMetadata } from '../protocol/metadata.js'
import type { Cluster } from './cluster.js'

const UNKNOWN_TOPIC = 3

/** Calls about topics as a whole. */
export class Topics {
  readonly #cluster: Cluster

  constructor(modules: { readonly cluster: Cluster }) {
    this.#cluster = modules.cluster
  }

  async list(): Promise<readonly string[]> {
    const { topics } = await this.#cluster.describe()
    return topics.filter(({ internal }) => !internal).map(({ name }) => name)
  }

  /** As the brokers see them now: nothing is cached. */
  async describe(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    const found = new Map<string, TopicDescription>()
    if (names.length === 0) return found
    const { topics } = await this.#cluster.describe([...new Set(names)])
    for (const topic of topics) {
      if (topic.errorCode === UNKNOWN_TOPIC) continue
      if (topic.errorCode !== 0 && !isTransient(answeredError(topic.errorCode, 'description'))) {
        throw answeredError(topic.errorCode, `description of topic '${topic.name}'`, { topic: topic.name })
      }
      found.set(topic.name, describeTopic(topic))
    }
    return found
  }

  async create(topics: readonly NewTopic[]): Promise<void> {
    try {
      await this.#change('creation', topics, rest =>
        this.#cluster.askAny(
          createTopics,
          { topics: rest, timeoutMs: this.#cluster.requestTimeoutMs },
          { repeatable: false }
        )
      )
    } catch (error) {
      // It may have been created a moment ago, by another instance that starts.
      if (error instanceof BrokerError && error.error === 'TOPIC_ALREADY_EXISTS') {
        await this.#untilLed([String(error.details['topic'])])
      }
      throw error
    }
    await this.#untilLed(topics.map(topic => topic.name))
  }

  async delete(names: readonly string[]): Promise<void> {
    await this.#change(
      'deletion',
      names.map(name => ({ name })),
      rest =>
        this.#cluster.askAny(
          deleteTopics,
          { names: rest.map(topic => topic.name), timeoutMs: this.#cluster.requestTimeoutMs },
          { repeatable: false }
        )
    )
    await this.#untilEverywhere(names, 'is still there', topic => topic.errorCode === UNKNOWN_TOPIC)
  }

  /** Asks, and asks again for the topics that only need patience. The first real error rejects. */
  async #change<Topic extends { readonly name: string }>(
    what: string,
    topics: readonly Topic[],
    ask: (rest: readonly Topic[]) => Promise<{ readonly topics: readonly TopicOutcome[] }>
  ): Promise<void> {
    let rest = topics
    if (rest.length === 0) return
    await this.#cluster.retrying(
      this.#cluster.requestTimeoutMs,
      async () => {
        const failures = (await ask(rest)).topics.filter(outcome => outcome.errorCode !== 0)
        const errors = failures.map(({ name, errorCode, errorMessage }) =>
          answeredError(errorCode, `${what} of topic '${name}'`, { topic: name }, errorMessage)
        )
        const last = errors.find(error => !mayAskAgain(error)) ?? errors[0]
        rest = rest.filter(topic => failures.some(failure => failure.name === topic.name))
        if (last !== undefined) throw last
      },
      mayAskAgain
    )
  }

  #untilLed(names: readonly string[]): Promise<void> {
    return this.#untilEverywhere(
      names,
      'has no leader',
      topic => topic.errorCode === 0 && topic.partitions.every(partition => partition.leader >= 0)
    )
  }

  async #untilEverywhere(
    names: readonly string[],
    lacks: string,
    done: (topic: TopicMetadata) => boolean
  ): Promise<void> {
    if (names.length === 0) return
    const unfinished = (replies: readonly MetadataReply[]): TopicMetadata | undefined =>
      replies.flatMap(reply => reply.topics).find(topic => !done(topic))
    await this.#cluster.retrying(
      this.#cluster.requestTimeoutMs,
      async remainingMs => {
        const topic = unfinished(await this.#cluster.describeEverywhere(names, remainingMs))
        if (topic === undefined) return
        const message = `topic '${topic.name}' ${lacks} (${kafkaErrorName(topic.errorCode)})`
        throw new BrokerError('REQUEST_TIMED_OUT', message, { details: { topic: topic.name } })
      },
      error => error instanceof BrokerError && (error.error === 'REQUEST_TIMED_OUT' || isTransient(error))
    )
  }
}

/** After a time-out on the broker the topic may exist, or be gone, all the same. */
function mayAskAgain(error: unknown): boolean {
  return isTransient(error) && error.details['kafkaErrorName'] !== 'REQUEST_TIMED_OUT' && error.details['sent'] !== true
}

function describeTopic({ name, partitions }: TopicMetadata): TopicDescription {
  const sorted = [...partitions].sort((a, b) => a.partition - b.partition)
  return {
    name,
    partitions: sorted.map(({ partition, leader }) => ({ partition, leader: leader < 0 ? undefined : leader }))
  }
}
