/** The smallest batch. */
import { NO_HEADERS } from '@millrace/core'
import { RecordBatchWriter } from '@millrace/core/internal'

/** One record: key `k`, value `v`, timestamp 1000. */
export function oneRecord(producer: Parameters<RecordBatchWriter['finish']>[0]): Buffer {
  const writer = new RecordBatchWriter()
  writer.append(1000, Buffer.from('kv'), 0, 1, 1, 2, NO_HEADERS)
  return writer.finish(producer)
}
