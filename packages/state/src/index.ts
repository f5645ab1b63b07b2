/** Everything `@millrace/state` offers. */
export { MillraceError } from './errors.js'
export { latin1Slice, utf8Slice } from './buffer-slices.js'
export { ByteWriter } from './byte-writer.js'
export { type Serde, decode, encode, latin1 } from './serde.js'
export type { ByteRange, DatabaseBatch, EngineChoice, StateDatabase, StateEngine } from './engine.js'
export type {
  BufferStoreDefinition,
  ChangelogOffsets,
  ChangeVisitor,
  FlushListener,
  GroupedStore,
  GroupedStoreDefinition,
  GroupMember,
  KeyRange,
  KeyValueStore,
  ReadableKeyValueStore,
  KeyValueStoreDefinition,
  RestoreRecord,
  SessionStoreDefinition,
  StoreDefinition,
  TaskState,
  Timestamped,
  TimeOrderedStoreDefinition,
  VersionedStoreDefinition,
  WindowStoreDefinition
} from './store.js'
export type * from './timed-stores.js'
export { mappedIteration, selectedIteration } from './eager-iteration.js'
export { segmentIntervalOf } from './segment-layout.js'
export { levelEngine, type LevelOptions } from './level-engine.js'
export { memoryEngine } from './memory-engine.js'
export type { Departure } from './departure.js'
export { StateDirectory } from './state-directory.js'
export { openTaskState, type TaskStateModules, type TaskStateOptions } from './task-state.js'
