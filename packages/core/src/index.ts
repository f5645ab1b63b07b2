/** Everything `@millrace/core` offers. */
export {
  ByteWriter,
  type EngineChoice,
  MillraceError,
  type Serde,
  type StoreDefinition,
  type Timestamped,
  type VersionedRecord,
  type VersionRange
} from '@millrace/state'
export { NO_HEADERS, type Headers, type RecordContext, type TopicPartition } from './record.js'
export type { TimeSpan, Windowed } from './windowed.js'
export { systemClock, type Clock } from './clock.js'
export { silentLogger, type Logger } from './logger.js'
export * from './broker/broker.js'
export { partitionForKey } from './broker/partitioner.js'
export { embedded, type EmbeddedOptions } from './embedded/index.js'
export type {
  Change,
  Operator,
  OperatorRuntime,
  PlainOperator,
  Process,
  PunctuationType,
  ScheduleOptions,
  RoutingOperator
} from './operators/operator.js'
export type { EmitStrategy } from './operators/final-results.js'
export type { AsyncCall, AsyncOrder, AsyncPolicy, AsyncStep, PendingRecord } from './operators/async-call.js'
export * from './topology/topology.js'
export { resolveConfig, type ResolvedConfig, type StreamsConfig } from './runtime/config.js'
export type { StreamsState } from './runtime/lifecycle.js'
export { KafkaStreams, type StreamsEvents } from './runtime/kafka-streams.js'
export type { GroupLag, PartitionLag } from './runtime/group-lag.js'
export type { HostInfo, InstanceMetadata, KeyMetadata } from './runtime/metadata.js'
export type { QueryableSessionStore } from './runtime/queryable-session-store.js'
export type { QueryableStore } from './runtime/queryable-store.js'
export type { QueryableWindowStore } from './runtime/queryable-window-store.js'
export type { RestoreProgress } from './runtime/restorer.js'
export type { TaskId } from './runtime/task-plan.js'
export type { TopologyModule } from './runtime/topology-module.js'
export type { WorkerTotals } from './runtime/worker-handle.js'
export { FixedKeyRecord } from './processor/processor.js'
export type {
  FixedKeyProcessor,
  FixedKeyProcessorSupplier,
  Processor,
  ProcessorSupplier,
  StreamRecord
} from './processor/processor.js'
export type * from './processor/processor-context.js'
export type { ProcessorWrapper } from './processor/processor-wrapper.js'
export type { KeyValueStore } from './processor/key-value-store.js'
export type { SessionStore } from './processor/session-store.js'
export type { VersionedStore } from './processor/versioned-store.js'
export type { WindowStore } from './processor/window-store.js'
export type { ValueTransformer, ValueTransformerSupplier } from './processor/value-transformer.js'
export {
  stores,
  type KeyValueStoreOptions,
  type LruStoreOptions,
  type SessionStoreOptions,
  type StoreBuilder,
  type VersionedStoreOptions,
  type WindowStoreOptions
} from './processor/stores.js'
export {
  TopologyBuilder,
  type FilledStoreNodeOptions,
  type SinkNodeOptions,
  type SourceNodeOptions
} from './topology/topology-builder.js'
export { serdes } from './serdes/serdes.js'
export type { SerdeFunctions } from './serdes/custom-serde.js'
export { BranchedKStream, Branches } from './dsl/branched-kstream.js'
export { CogroupedKStream } from './dsl/cogrouped-kstream.js'
export { GlobalKTable } from './dsl/global-ktable.js'
export { JoinWindows } from './dsl/join-windows.js'
export { KGroupedStream } from './dsl/kgrouped-stream.js'
export { KGroupedTable } from './dsl/kgrouped-table.js'
export { KStream } from './dsl/kstream.js'
export { KTable } from './dsl/ktable.js'
export { SessionWindowedCogroupedKStream } from './dsl/session-windowed-cogrouped-kstream.js'
export { SessionWindowedKStream } from './dsl/session-windowed-kstream.js'
export { StreamsBuilder } from './dsl/streams-builder.js'
export { Suppressed, type TimeLimitOptions, type WindowCloseOptions } from './dsl/suppressed.js'
export { TimeWindowedCogroupedKStream } from './dsl/time-windowed-cogrouped-kstream.js'
export { TimeWindowedKStream } from './dsl/time-windowed-kstream.js'
export { type FixedWindows, SessionWindows, SlidingWindows, TimeWindows, UnlimitedWindows } from './dsl/windows.js'
export type * from './dsl/async-options.js'
export type * from './dsl/options.js'
export {
  committedBatches,
  readRecordBatches,
  RecordBatchWriter,
  type RecordBatch,
  type RecordCursor
} from './broker/record-batch/index.js'
export { Producer } from './client/producer.js'
