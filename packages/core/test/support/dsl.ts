/** The DSL by itself: tests of topologies load neither runtime nor broker. */
export { GraphBuilder } from '../../dist/topology/graph-builder.js'
export { KGroupedTable } from '../../dist/dsl/kgrouped-table.js'
export { KStream } from '../../dist/dsl/kstream.js'
export { KTable } from '../../dist/dsl/ktable.js'
export { StreamsBuilder } from '../../dist/dsl/streams-builder.js'
export { serdes } from '../../dist/serdes/serdes.js'
export { CogroupedKStream } from '../../dist/dsl/cogrouped-kstream.js'
export type { KGroupedStream as KGrouped } from '../../dist/dsl/kgrouped-stream.js'
