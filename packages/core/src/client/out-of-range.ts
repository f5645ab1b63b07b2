/** The error for an offset that the log does not have, with what it has instead. */
import { MillraceError } from '@millrace/state'
import type { BrokerConnection, FetchResult } from '../broker/broker.js'

/** `FETCH_OFFSET_OUT_OF_RANGE`; details: topic, partition, offset, logStart, logEnd. */
export async function offsetOutOfRange(
  result: FetchResult,
  offset: number,
  connection: Pick<BrokerConnection, 'listOffsets'>
): Promise<MillraceError> {
  const { topic, partition } = result
  const find = async (known: number, position: 'earliest' | 'latest') => {
    // Brokers leave both at -1 with this error.
    if (known >= 0) return known
    const [listed] = await connection.listOffsets([{ topic, partition }], position)
    return listed?.offset ?? -1
  }
  const [logStart, logEnd] = await Promise.all([
    find(result.logStartOffset, 'earliest'),
    find(result.highWatermark, 'latest')
  ])
  return new MillraceError(
    'FETCH_OFFSET_OUT_OF_RANGE',
    `Topic ${topic}, partition ${partition} has no offset ${offset}: its log is from ${logStart} to ${logEnd}. ` +
      (offset < logStart
        ? 'The records in between were deleted by retention before they were read.'
        : 'The log was cut off or the topic was made anew.'),
    { details: { topic, partition, offset, logStart, logEnd } }
  )
}
