/** The stores of a stream-stream join: the records of each side, and those of both that have not joined. */
import type { TimeOrderedStoreDefinition, WindowStoreDefinition } from '@millrace/state'
import { type UnjoinedKey, unjoinedKeySerde, type UnjoinedValues, unjoinedValuesSerde } from '../serdes/unjoined.js'
import type { JoinWindows } from './join-windows.js'
import type { StreamJoinOptions } from './options.js'
import type { StoredStream } from './stream-join-sides.js'

/**
 * As long as the window, a look-up is in two buckets at most. Of short windows most buckets would have one entry, and cost as
 * much as one of several: with 30 s instead of 8 s, a look-up, a put and their share of a commit took a fifth less time.
 */
const LEAST_BUCKET_MS = 30_000

export function windowStore<K, V>(
  name: string,
  stream: StoredStream<K, V>,
  windows: JoinWindows,
  options: StreamJoinOptions<any, any, any, any>
): WindowStoreDefinition<K, V> {
  const { sizeMs, graceMs } = windows
  const { logging, changelogConfig, ...place } = kept(options)
  return {
    kind: 'window',
    name,
    key: stream.key,
    value: stream.value,
    caching: false,
    logging,
    // Every record is there once, so there is nothing to compact.
    changelogConfig: { ...changelogConfig, 'cleanup.policy': 'delete' },
    ...place,
    windowSizeMs: sizeMs,
    bucketMs: Math.max(LEAST_BUCKET_MS, sizeMs),
    retentionMs: sizeMs + graceMs,
    retainDuplicates: true
  }
}

export function storeOfUnjoined<K, VL, VR>(
  name: string,
  left: StoredStream<K, VL>,
  right: StoredStream<K, VR>,
  options: StreamJoinOptions<any, any, any, any>
): TimeOrderedStoreDefinition<UnjoinedKey<K>, UnjoinedValues<VL | VR>> {
  return {
    kind: 'time-ordered',
    name,
    key: unjoinedKeySerde(left.key),
    value: unjoinedValuesSerde(left.value, right.value),
    caching: false,
    ...kept(options),
    timeOf: ({ timestamp }) => timestamp,
    laneOf: ({ side }) => side
  }
}

function kept({ logging = true, engine }: StreamJoinOptions<any, any, any, any>) {
  return {
    logging: logging !== false,
    changelogConfig: typeof logging === 'object' ? logging : {},
    ...(engine === undefined ? {} : { engine })
  }
}
