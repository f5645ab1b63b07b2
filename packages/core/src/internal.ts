/**
 * Parts of the runtime for Millrace's own packages (`@millrace/core/internal`). No promise of stability: an application
 * has no need of it.
 */
export { partitionForKey } from './broker/partitioner.js'
export { readRecordBatches, RecordBatchWriter } from './broker/record-batch/index.js'
export { Fetcher } from './client/fetcher.js'
export { Checkpoint } from './runtime/checkpoint.js'
export { GlobalTask } from './runtime/global-task.js'
export { openStore } from './processor/stores.js'
export { JavaHeap } from './runtime/java-heap.js'
export { Outbox } from './runtime/outbox.js'
export { Task } from './runtime/task.js'
export { changelogRecords, sourceTopicRecords } from './runtime/restore-records.js'
export { changelogTopic, externalTopics, type PlannedTask, planTasks, type TaskPlan } from './runtime/task-plan.js'
