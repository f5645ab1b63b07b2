/** The prefixes of generated node names, as Kafka Streams has them. */

export const PREFIX = {
  source: 'KSTREAM-SOURCE-',
  sink: 'KSTREAM-SINK-',
  map: 'KSTREAM-MAP-',
  mapValues: 'KSTREAM-MAPVALUES-',
  flatMap: 'KSTREAM-FLATMAP-',
  flatMapValues: 'KSTREAM-FLATMAPVALUES-',
  filter: 'KSTREAM-FILTER-',
  selectKey: 'KSTREAM-KEY-SELECT-',
  peek: 'KSTREAM-PEEK-',
  foreach: 'KSTREAM-FOREACH-',
  merge: 'KSTREAM-MERGE-',
  split: 'KSTREAM-BRANCH-',
  repartition: 'KSTREAM-REPARTITION-',
  aggregate: 'KSTREAM-AGGREGATE-',
  reduce: 'KSTREAM-REDUCE-',
  join: 'KSTREAM-JOIN-',
  leftJoin: 'KSTREAM-LEFTJOIN-',
  toTable: 'KSTREAM-TOTABLE-',
  tableSource: 'KTABLE-SOURCE-',
  tableFilter: 'KTABLE-FILTER-',
  tableMapValues: 'KTABLE-MAPVALUES-',
  toStream: 'KTABLE-TOSTREAM-'
} as const
