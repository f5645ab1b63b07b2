/** DeleteTopics. */
import type { Api } from './api.js'
import type { TopicsReply } from './create-topics.js'

export interface DeleteTopicsRequest {
  readonly names: readonly string[]
  readonly timeoutMs: number
}

export const deleteTopics: Api<DeleteTopicsRequest, TopicsReply> = {
  name: 'DeleteTopics',
  key: 20,
  version: 5,
  encode({ names, timeoutMs }, writer) {
    writer.array(names, name => writer.string(name))
    writer.int32(timeoutMs).noTags()
  },
  decode(reader) {
    const throttleMs = reader.int32()
    const topics = reader.array(entry => {
      const outcome = { name: entry.string(), errorCode: entry.int16(), errorMessage: entry.nullableString() }
      entry.skipTags()
      return outcome
    })
    reader.skipTags()
    return { throttleMs, topics }
  }
}
