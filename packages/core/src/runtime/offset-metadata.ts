/**
 * What is committed with an offset: the partition's time, and times that operators have saved, in the bytes Kafka Streams
 * uses (TopicPartitionMetadata and ProcessorMetadata, version 2).
 */

const VERSION = 2
/** Without saved times. */
const OLDEST_VERSION = 1
const TIMES_AT = 9

export interface OffsetMetadata {
  /** -1 where the metadata holds none. */
  readonly partitionTime: number
  /** By the name of the store they are of. */
  readonly savedTimes: ReadonlyMap<string, number>
}

/** Base64 of a version byte and the time as int64 big-endian; then the number of saved times, and each with its name. */
export function encodeOffsetMetadata({ partitionTime, savedTimes }: OffsetMetadata): string {
  const start = Buffer.alloc(TIMES_AT)
  start[0] = VERSION
  start.writeBigInt64BE(BigInt(partitionTime), 1)
  const parts: Buffer[] = [start]
  if (savedTimes.size > 0) parts.push(int32(savedTimes.size))
  for (const [name, time] of savedTimes) {
    const value = Buffer.alloc(8)
    value.writeBigInt64BE(BigInt(time))
    parts.push(int32(Buffer.byteLength(name)), Buffer.from(name), value)
  }
  return Buffer.concat(parts).toString('base64')
}

/** What is not there, or was cut off by something else than Millrace, is left out. */
export function decodeOffsetMetadata(metadata: string): OffsetMetadata {
  const bytes = Buffer.from(metadata, 'base64')
  const known = bytes.length >= TIMES_AT && bytes[0]! >= OLDEST_VERSION
  if (!known) return { partitionTime: -1, savedTimes: new Map() }
  const partitionTime = Number(bytes.readBigInt64BE(1))
  return { partitionTime, savedTimes: bytes[0] === VERSION ? readTimes(bytes) : new Map() }
}

function readTimes(bytes: Buffer): Map<string, number> {
  const times = new Map<string, number>()
  let at = TIMES_AT + 4
  while (at + 4 <= bytes.length) {
    const nameEnd = at + 4 + bytes.readInt32BE(at)
    if (nameEnd < at + 4 || nameEnd + 8 > bytes.length) break
    times.set(bytes.toString('utf8', at + 4, nameEnd), Number(bytes.readBigInt64BE(nameEnd)))
    at = nameEnd + 8
  }
  return times
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
