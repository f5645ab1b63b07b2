/** Everything `@millrace/core` offers. */
export { MillraceError, type Serde, type StoreDefinition, type Timestamped } from '@millrace/state'
export { NO_HEADERS, type Headers, type RecordContext, type TopicPartition } from './record.js'
export { systemClock, type Clock } from './clock.js'
export { silentLogger, type Logger } from './logger.js'
export * from './broker/broker.js'
export type { Change, Operator, OperatorRuntime, Process } from './operators/operator.js'
export * from './topology/topology.js'
