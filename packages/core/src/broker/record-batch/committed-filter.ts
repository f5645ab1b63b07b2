/** What a read_committed reader may see of a record set. */
import type { AbortedTransaction } from '../broker.js'
import type { RecordBatch } from './record-batch.js'

/**
 * Leaves out control batches and the batches of aborted transactions.
 *
 * `batches` must be in offset order, as the log has them. `aborted` is the broker's list for the same fetch, in any
 * order; its transactions may overlap, since several producers write at once.
 */
export function committedBatches(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[]
): RecordBatch[] {
  const queue = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<bigint>()
  const committed: RecordBatch[] = []
  let next = 0
  for (const batch of batches) {
    for (; next < queue.length && queue[next]!.firstOffset <= batch.lastOffset; next++) {
      aborting.add(queue[next]!.producerId)
    }
    // Any end of a transaction ends this producer's: it has only one at a time.
    if (batch.isControl) aborting.delete(batch.producerId)
    else if (!batch.isTransactional || !aborting.has(batch.producerId)) committed.push(batch)
  }
  return committed
}
