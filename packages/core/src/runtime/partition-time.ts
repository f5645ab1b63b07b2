/** Partition time in the metadata of a committed offset, in the bytes Kafka Streams uses (TopicPartitionMetadata, version 1). */

const VERSION = 1

/** Base64 of a version byte and the time as int64 big-endian. */
export function encodePartitionTime(time: number): string {
  const bytes = Buffer.alloc(9)
  bytes[0] = VERSION
  bytes.writeBigInt64BE(BigInt(time), 1)
  return bytes.toString('base64')
}

/** The time, or -1 where the metadata holds none; a newer version begins with the same nine bytes. */
export function decodePartitionTime(metadata: string): number {
  const bytes = Buffer.from(metadata, 'base64')
  return bytes.length >= 9 && bytes[0]! >= VERSION ? Number(bytes.readBigInt64BE(1)) : -1
}
