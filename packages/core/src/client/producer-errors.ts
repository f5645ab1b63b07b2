/** The errors that end a producer. */
import { MillraceError } from '@millrace/state'
import type { BrokerErrorName } from '../broker/broker.js'
import type { TopicPartition } from '../record.js'

interface Refusal {
  readonly code: string
  readonly message: string
}

const REFUSALS: ReadonlyMap<BrokerErrorName, Refusal> = new Map([
  [
    'MESSAGE_TOO_LARGE',
    {
      code: 'PRODUCE_TOO_LARGE',
      message:
        'a record batch is larger than the topic accepts. Raise max.message.bytes of the topic, or write smaller records'
    }
  ],
  [
    'PRODUCER_FENCED',
    {
      code: 'PRODUCE_FENCED',
      message: "a newer producer took over this one's identity. Stop this instance and start it anew"
    }
  ],
  [
    'OUT_OF_ORDER_SEQUENCE',
    {
      code: 'PRODUCE_SEQUENCE_LOST',
      message:
        'the broker misses records that it had acknowledged before; an unclean leader election loses such records. ' +
        'Start the instance anew: it goes on from the last commit'
    }
  ],
  [
    'UNKNOWN_PRODUCER_ID',
    {
      code: 'PRODUCE_SEQUENCE_LOST',
      message: 'the broker no longer knows this producer. Start the instance anew: it goes on from the last commit'
    }
  ],
  [
    'AUTHORIZATION_FAILED',
    {
      code: 'PRODUCE_NOT_AUTHORIZED',
      message: 'the broker does not allow writing. Grant WRITE on the topic to this user'
    }
  ],
  [
    'UNSUPPORTED_COMPRESSION',
    {
      code: 'PRODUCE_FAILED',
      message: 'the broker does not accept this compression for the topic. Choose another compression'
    }
  ],
  [
    'CORRUPT_MESSAGE',
    {
      code: 'PRODUCE_FAILED',
      message: 'the broker found the batch invalid; a compacted topic, for example, refuses records without a key'
    }
  ]
])

/** For a batch that the broker will never take. */
export function refused(
  tp: TopicPartition,
  error: BrokerErrorName,
  sizeInBytes: number,
  cause?: unknown
): MillraceError {
  const { code, message } = REFUSALS.get(error) ?? { code: 'PRODUCE_FAILED', message: `the broker answered ${error}` }
  return new MillraceError(code, `Cannot write to topic ${tp.topic}, partition ${tp.partition}: ${message}.`, {
    cause,
    details: { topic: tp.topic, partition: tp.partition, error, sizeInBytes }
  })
}

export function deliveryTimedOut(
  tp: TopicPartition,
  afterMs: number,
  lastError: BrokerErrorName | undefined,
  cause?: unknown
): MillraceError {
  const why = lastError === undefined ? 'no answer came' : `the last answer was ${lastError}`
  return new MillraceError(
    'PRODUCE_TIMED_OUT',
    `Records for topic ${tp.topic}, partition ${tp.partition} were not acknowledged within ${afterMs} ms: ${why}. ` +
      'Check that the partition has a leader and enough in-sync replicas (min.insync.replicas).',
    { cause, details: { topic: tp.topic, partition: tp.partition, afterMs, error: lastError } }
  )
}

export function producerClosed(): MillraceError {
  return new MillraceError('PRODUCER_CLOSED', 'The producer is closed.')
}
