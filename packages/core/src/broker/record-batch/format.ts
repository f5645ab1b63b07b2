/** Where the fields of a record batch (format v2) lie, and what its attribute bits mean. */

export const BASE_OFFSET = 0
/** Counts the bytes after itself. */
export const BATCH_LENGTH = 8
export const PARTITION_LEADER_EPOCH = 12
export const MAGIC = 16
/** Covers everything from `ATTRIBUTES` on. */
export const CRC = 17
export const ATTRIBUTES = 21
export const LAST_OFFSET_DELTA = 23
export const BASE_TIMESTAMP = 27
export const MAX_TIMESTAMP = 35
export const PRODUCER_ID = 43
export const PRODUCER_EPOCH = 51
export const BASE_SEQUENCE = 53
export const RECORD_COUNT = 57
export const RECORDS = 61

/** Base offset and length, which every message format starts with. */
export const LOG_OVERHEAD = 12

export const COMPRESSION_MASK = 0b0000_0111
export const TIMESTAMP_TYPE_FLAG = 0b0000_1000
export const TRANSACTIONAL_FLAG = 0b0001_0000
export const CONTROL_FLAG = 0b0010_0000

/** In the order of their numbers in the attributes. */
export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** How the records of a batch are compressed. */
export type Compression = (typeof COMPRESSIONS)[number]
