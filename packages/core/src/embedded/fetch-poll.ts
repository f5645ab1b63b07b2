/** One fetch that waits at the broker until there is enough to read, the time is over, or it is called off. */
import { BrokerError, type FetchRequest, type FetchResult } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { PartitionLog } from './partition-log.js'

const NO_BYTES = Buffer.alloc(0)

export interface FetchPollModules {
  readonly clock: Clock
  /** Undefined for a partition that does not exist (any more). */
  partition(topic: string, partition: number): PartitionLog | undefined
}

/** Rejects with `BROKER_CLOSED` when `signal` is aborted. */
export function fetchPoll(
  request: FetchRequest,
  signal: AbortSignal,
  modules: FetchPollModules
): Promise<readonly FetchResult[]> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(aborted())
      return
    }
    const first = readAll(request, modules)
    const waits = request.maxWaitMs > 0 && first.size < request.minBytes && !first.failed
    if (!waits) {
      resolve(first.results)
      return
    }
    let missing = request.minBytes - first.size
    let woken = false
    const cleanUps: (() => void)[] = []
    const settle = (finish: () => void): void => {
      for (const cleanUp of cleanUps.splice(0)) cleanUp()
      finish()
    }
    const answer = (): void =>
      settle(() => {
        try {
          resolve(readAll(request, modules).results)
        } catch (error) {
          reject(error)
        }
      })
    const onAppend = (bytes: number): void => {
      missing -= bytes
      if (missing > 0 || woken) return
      woken = true
      // After the whole produce request, so that its other batches come along.
      queueMicrotask(() => {
        if (cleanUps.length > 0) answer()
      })
    }
    const onAbort = (): void => settle(() => reject(aborted()))
    signal.addEventListener('abort', onAbort, { once: true })
    cleanUps.push(() => signal.removeEventListener('abort', onAbort))
    cleanUps.push(modules.clock.after(request.maxWaitMs, answer))
    for (const { topic, partition } of request.partitions) {
      const log = modules.partition(topic, partition)
      if (log !== undefined) cleanUps.push(log.onAppend(onAppend))
    }
  })
}

interface ReadOutcome {
  readonly results: FetchResult[]
  readonly size: number
  readonly failed: boolean
}

function readAll(request: FetchRequest, modules: FetchPollModules): ReadOutcome {
  const results: FetchResult[] = []
  let size = 0
  let failed = false
  for (const asked of request.partitions) {
    const { topic, partition } = asked
    const log = modules.partition(topic, partition)
    if (log === undefined) {
      failed = true
      results.push({
        topic,
        partition,
        error: 'UNKNOWN_TOPIC_OR_PARTITION',
        highWatermark: -1,
        lastStableOffset: -1,
        logStartOffset: -1,
        aborted: [],
        records: NO_BYTES
      })
      continue
    }
    const inRange = asked.offset >= log.startOffset && asked.offset <= log.endOffset
    // One batch at least, whatever its size, or a large one would never be read.
    const limit = Math.min(asked.maxBytes, request.maxBytes - size)
    const records =
      inRange && (size === 0 || limit > 0) ? log.read(asked.offset, Math.max(limit, 0), size === 0) : NO_BYTES
    size += records.length
    if (!inRange) failed = true
    results.push({
      topic,
      partition,
      ...(inRange ? {} : { error: 'OFFSET_OUT_OF_RANGE' as const }),
      highWatermark: log.endOffset,
      lastStableOffset: log.endOffset,
      logStartOffset: log.startOffset,
      aborted: [],
      records
    })
  }
  return { results, size, failed }
}

function aborted(): BrokerError {
  return new BrokerError('CLOSED', 'The fetch was called off.')
}
