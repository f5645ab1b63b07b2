/** All streams workloads, by name: those that are timed from start to end, and those of other benches. */
import type { Workload } from './workload.js'
import { aggregateObjects, countByKey, countsOfHashes, largeState, windowedCount } from './workloads/aggregations.js'
import { streamStreamJoin, streamTableJoin } from './workloads/joins.js'
import { totalsAndCounts } from './workloads/latency.js'
import { soak } from './workloads/soak.js'
import { filterOut, mapValues } from './workloads/stateless.js'
import { uncombinedWordCounts, wordCounts } from './workloads/word-count.js'

const all = [
  wordCounts,
  uncombinedWordCounts,
  mapValues,
  filterOut,
  countByKey,
  countsOfHashes,
  aggregateObjects,
  streamTableJoin,
  windowedCount,
  streamStreamJoin,
  largeState,
  totalsAndCounts,
  soak
]

export const WORKLOADS: ReadonlyMap<string, Workload> = new Map(all.map(workload => [workload.name, workload]))
