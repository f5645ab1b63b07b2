/** Clicks counted by window and by session as a module, for worker threads. */
import { serdes, SessionWindows, StreamsBuilder, TimeWindows, type Topology } from '@millrace/core'

/** The sizes of windows and of gaps are 10 ms. */
export function topology(): Topology {
  const builder = new StreamsBuilder()
  const clicks = builder.stream('clicks', { key: serdes.string(), value: serdes.string() }).groupByKey()
  clicks.windowedBy(TimeWindows.ofSizeAndGrace(10, 50_000)).count({ store: 'windows', retentionMs: 100_000 })
  clicks.windowedBy(SessionWindows.ofInactivityGapAndGrace(10, 100)).count({ store: 'sessions', retentionMs: 100_000 })
  clicks.count({ store: 'counts' })
  return builder.build()
}
