/** CreateTopics. */
import type { NewTopic } from '@millrace/core'
import type { Api } from './api.js'

export interface CreateTopicsRequest {
  readonly topics: readonly NewTopic[]
  readonly timeoutMs: number
}

/** What became of one topic. */
export interface TopicOutcome {
  readonly name: string
  readonly errorCode: number
  /** The broker's own words. */
  readonly errorMessage: string | undefined
}

export interface TopicsReply {
  readonly throttleMs: number
  readonly topics: readonly TopicOutcome[]
}

export const createTopics: Api<CreateTopicsRequest, TopicsReply> = {
  name: 'CreateTopics',
  key: 19,
  version: 5,
  encode({ topics, timeoutMs }, writer) {
    writer.array(topics, topic => {
      writer.string(topic.name).int32(topic.partitions).int16(topic.replicationFactor)
      writer.array([], () => {})
      writer.array(Object.entries(topic.config), ([name, value]) => writer.string(name).nullableString(value).noTags())
      writer.noTags()
    })
    writer.int32(timeoutMs).boolean(false).noTags()
  },
  decode(reader) {
    const throttleMs = reader.int32()
    const topics = reader.array(entry => {
      const outcome = { name: entry.string(), errorCode: entry.int16(), errorMessage: entry.nullableString() }
      entry.int32()
      entry.int16()
      entry.array(config => {
        config.string()
        config.nullableString()
        config.boolean()
        config.int8()
        config.boolean()
        config.skipTags()
      })
      entry.skipTags()
      return outcome
    })
    reader.skipTags()
    return { throttleMs, topics }
  }
}
