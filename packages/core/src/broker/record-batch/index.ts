/** The record batch codec (format v2), shared by the embedded log and the clients of Kafka. */
export { committedBatches } from './committed-filter.js'
export { codecOf, DEFAULT_MAX_DECOMPRESSED_BYTES } from './compression.js'
export { crc32c } from './crc32c.js'
export { COMPRESSIONS, type Compression } from './format.js'
export { type ControlType, type RecordBatch } from './record-batch.js'
export { type ReadOptions, readRecordBatches } from './record-batch-reader.js'
export { type BatchProducer, RecordBatchWriter } from './record-batch-writer.js'
export { type RecordCursor } from './record-cursor.js'
