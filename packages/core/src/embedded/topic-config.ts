/** The topic settings the embedded log acts on, read from Kafka's dotted names. */
import { BrokerError } from '../broker/broker.js'

export interface LogConfig {
  readonly compact: boolean
  /** Whether old segments go by age and size. */
  readonly expire: boolean
  /** Record time, in ms; -1: for ever. */
  readonly retentionMs: number
  /** -1: without limit. */
  readonly retentionBytes: number
  readonly segmentBytes: number
  readonly maxMessageBytes: number
  /** How long compaction keeps a tombstone, in ms of record time. */
  readonly deleteRetentionMs: number
  /** Share of a compacted log that must be new before it is compacted again, 0 to 1. */
  readonly minDirtyRatio: number
}

/** Kafka's own are 1 GiB and seven days: segments are smaller here, and nothing goes unless asked. */
const SEGMENT_BYTES = 64 * 1024 * 1024
const MAX_MESSAGE_BYTES = 1024 * 1024 + 12
const DAY_MS = 86_400_000

/** Kafka 4's topic settings; those the log does not act on are kept and ignored. */
const NAMES = new Set([
  'cleanup.policy',
  'compression.gzip.level',
  'compression.lz4.level',
  'compression.type',
  'compression.zstd.level',
  'delete.retention.ms',
  'errors.deadletterqueue.group.enable',
  'file.delete.delay.ms',
  'flush.messages',
  'flush.ms',
  'follower.replication.throttled.replicas',
  'index.interval.bytes',
  'leader.replication.throttled.replicas',
  'local.retention.bytes',
  'local.retention.ms',
  'max.compaction.lag.ms',
  'max.message.bytes',
  'message.downconversion.enable',
  'message.format.version',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.difference.max.ms',
  'message.timestamp.type',
  'min.cleanable.dirty.ratio',
  'min.compaction.lag.ms',
  'min.insync.replicas',
  'preallocate',
  'remote.log.copy.disable',
  'remote.log.delete.on.disable',
  'remote.storage.enable',
  'retention.bytes',
  'retention.ms',
  'segment.bytes',
  'segment.index.bytes',
  'segment.jitter.ms',
  'segment.ms',
  'unclean.leader.election.enable'
])

/** Throws `BROKER_INVALID_CONFIG` naming the topic and the setting. */
export function readTopicConfig(topic: string, config: Readonly<Record<string, string>>): LogConfig {
  for (const name of Object.keys(config)) {
    if (!NAMES.has(name)) throw invalid(topic, name, 'is not a setting of a topic')
  }
  const integer = (name: string, fallback: number, least: number): number => {
    const text = config[name]
    if (text === undefined) return fallback
    const value = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
      throw invalid(topic, name, `is ${JSON.stringify(text)}; an integer of at least ${least} is needed`)
    }
    return value
  }
  const policies = (config['cleanup.policy'] ?? 'delete').split(',').map(policy => policy.trim())
  if (policies.some(policy => policy !== 'compact' && policy !== 'delete')) {
    throw invalid(
      topic,
      'cleanup.policy',
      `is ${JSON.stringify(config['cleanup.policy'])}; use compact, delete or both`
    )
  }
  return {
    compact: policies.includes('compact'),
    expire: policies.includes('delete'),
    retentionMs: integer('retention.ms', -1, -1),
    retentionBytes: integer('retention.bytes', -1, -1),
    segmentBytes: integer('segment.bytes', SEGMENT_BYTES, 14),
    maxMessageBytes: integer('max.message.bytes', MAX_MESSAGE_BYTES, 0),
    deleteRetentionMs: integer('delete.retention.ms', DAY_MS, 0),
    minDirtyRatio: ratio(topic, config['min.cleanable.dirty.ratio'])
  }
}

function ratio(topic: string, text = '0.5'): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 1) return value
  throw invalid(topic, 'min.cleanable.dirty.ratio', `is ${JSON.stringify(text)}; a number from 0 to 1 is needed`)
}

function invalid(topic: string, name: string, problem: string): BrokerError {
  return new BrokerError('INVALID_CONFIG', `Topic ${topic}: ${name} ${problem}.`, { details: { topic, field: name } })
}
