/** The stores of a stream-stream join: the records of each side, and those of both that have not joined. */
import type { TimeOrderedStoreDefinition, WindowStoreDefinition } from '@millrace/state'
import { type UnjoinedKey, unjoinedKeySerde, type UnjoinedValues, unjoinedValuesSerde } from '../serdes/unjoined.js'
import type { JoinWindows } from './join-windows.js'
import type { StreamJoinOptions } from './options.js'
import type { StoredStream } from './stream-join-sides.js'

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
    bucketMs: Math.max(1, sizeMs),
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
