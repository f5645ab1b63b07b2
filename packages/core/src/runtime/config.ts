/** The configuration of an application: fields, defaults and their checks in one table. */
import { type EngineChoice, MillraceError } from '@millrace/state'
import type { Broker } from '../broker/broker.js'
import { type Clock, systemClock } from '../clock.js'
import { type Logger, warningsToStandardError } from '../logger.js'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What an application is started with. Names are Kafka Streams' in camel case. */
export interface StreamsConfig {
  /** Group id, prefix of internal topics and name of the state's folder. Kafka's `application.id`. */
  readonly applicationId: string
  /** `embedded(…)` or `kafka(…)`. */
  readonly broker: Broker
  /** Kafka's `state.dir`. Default: `millrace` in the system's temporary directory. */
  readonly stateDirectory?: string
  /**
   * Changelogs and repartition topics that an earlier topology made and that are knowingly given up: without this, a start
   * that would leave state behind is refused with `TOPOLOGY_CHANGED`. May stay when the topics are gone. Default: none.
   */
  readonly abandonedTopics?: readonly string[]
  /** Worker threads; 0 runs in this thread. Needs the topology as a module. Kafka's `num.stream.threads`. Default 0. */
  readonly threads?: number
  /** Milliseconds between commits. Kafka's `commit.interval.ms`. Default 1000 (ADR 0005). */
  readonly commitIntervalMs?: number
  /**
   * Bytes (estimated) that stores keep in memory, in all threads together; 0 turns caching and combining off. Kafka's
   * `statestore.cache.max.bytes`. Default 64 MiB.
   */
  readonly cacheMaxBytes?: number
  /**
   * Bytes that were fetched and wait to be processed, in all threads together: a partition that has its share of them waiting, at
   * most 2 MiB and at least 32 KiB, is not fetched for. Default 64 MiB.
   */
  readonly inputBufferMaxBytes?: number
  /**
   * Bytes that were written and not acknowledged, in all threads together, beyond which processing rests. Kafka's `buffer.memory`
   * of its producers. Default 16 MiB for each thread.
   */
  readonly outputBufferMaxBytes?: number
  /**
   * `host:port` at which other instances reach this one's queries; a function is asked when the application starts, which a
   * server that takes any free port may know by then. Kafka's `application.server`.
   */
  readonly applicationServer?: string | (() => string)
  /** Of internal topics; -1 is the broker's default. Kafka's `replication.factor`. Default -1. */
  readonly replicationFactor?: number
  /** What to do with bytes a serde refuses. Kafka's `deserialization.exception.handler`. Default `fail`. */
  readonly deserializationExceptionHandler?: 'fail' | 'logAndContinue'
  /** How long a task with an empty input waits for it, in ms, before it takes records of its other inputs. Kafka's `max.task.idle.ms`. Default 0. */
  readonly maxTaskIdleMs?: number
  /**
   * After how long without a record, in ms, a task's stream time goes on with the wall clock, so that its last windows close and
   * what waits for time passes on. What comes later and is older than that is late. Default: never, as in Kafka Streams.
   */
  readonly idleAdvanceAfterMs?: number
  /** After how long without a heartbeat the others take this instance's tasks over, in ms. Default 10 000. */
  readonly sessionTimeoutMs?: number
  /**
   * Default 1000, in ms. Rebalances are noticed by heartbeats, so this is also how long one takes to begin; right after one the
   * heartbeats come sooner, since another may follow.
   */
  readonly heartbeatIntervalMs?: number
  /** How long a rebalance waits for a member to finish what it has begun, in ms. Default 60 000. */
  readonly rebalanceTimeoutMs?: number
  /** Static membership: a restart within the session timeout moves nothing. Kafka's `group.instance.id`. */
  readonly groupInstanceId?: string
  /** After how long the state of a departed task is deleted, in ms. Kafka's `state.cleanup.delay.ms`. Default 600 000. */
  readonly stateCleanupDelayMs?: number
  /** How often consumed records of repartition topics are deleted, in ms. Kafka's `repartition.purge.interval.ms`. Default 30 000. */
  readonly repartitionPurgeIntervalMs?: number
  /** How often to look for new topics that a source's pattern matches, in ms. Kafka's `metadata.max.age.ms`. Default 300 000. */
  readonly metadataMaxAgeMs?: number
  /** Of everything this application writes. Default `none`. */
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /**
   * What stores lie in that name no `engine` of their own: `level`, `memory` or an engine of your own (not with threads). Kafka's
   * `dsl.store.suppliers.class`. Default `level`.
   */
  readonly stateEngine?: EngineChoice
  /** Default: warnings and errors on standard error. */
  readonly logger?: Logger
  readonly clock?: Clock
}

type OptionalField = 'applicationServer' | 'groupInstanceId' | 'idleAdvanceAfterMs'

/** The configuration with every default filled in. */
export interface ResolvedConfig extends Required<Omit<StreamsConfig, OptionalField>> {
  readonly idleAdvanceAfterMs: number | undefined
  readonly applicationServer: string | (() => string) | undefined
  readonly groupInstanceId: string | undefined
}

const MEBIBYTE = 1024 * 1024
const NAME = /^[a-zA-Z0-9._-]{1,200}$/
const HOST_PORT = /^(\[[0-9a-fA-F:]+\]|[a-zA-Z0-9.-]+):([0-9]{1,5})$/

type Check = (value: unknown) => string | undefined

const wholeNumber =
  (minimum: number, maximum = Number.MAX_SAFE_INTEGER): Check =>
  value =>
    Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum
      ? undefined
      : maximum === Number.MAX_SAFE_INTEGER
        ? `a whole number of at least ${minimum}`
        : `a whole number from ${minimum} to ${maximum}`
const oneOf =
  (...words: string[]): Check =>
  value =>
    words.includes(value as string) ? undefined : `one of ${words.join(', ')}`
const listOfTexts: Check = value =>
  Array.isArray(value) && value.every(item => text(item) === undefined) ? undefined : 'a list of names'
const text: Check = value => (typeof value === 'string' && value.length > 0 ? undefined : 'a text that is not empty')
const hostAndPort: Check = value => {
  const port = typeof value === 'string' ? HOST_PORT.exec(value)?.[2] : undefined
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535 ? undefined : 'host:port'
}
const withMethods =
  (what: string, ...methods: string[]): Check =>
  value =>
    typeof value === 'object' && value !== null && methods.every(name => typeof Reflect.get(value, name) === 'function')
      ? undefined
      : what

const CHECKS: Record<keyof StreamsConfig, Check> = {
  applicationId: value =>
    typeof value === 'string' && NAME.test(value) && value !== '.' && value !== '..'
      ? undefined
      : '1 to 200 of the characters a-z, A-Z, 0-9, dot, underscore and hyphen',
  broker: withMethods('a broker, such as embedded() or kafka({ brokers })', 'connect', 'forThread'),
  stateDirectory: text,
  abandonedTopics: listOfTexts,
  threads: wholeNumber(0, 256),
  commitIntervalMs: wholeNumber(1),
  cacheMaxBytes: wholeNumber(0),
  inputBufferMaxBytes: wholeNumber(1),
  outputBufferMaxBytes: wholeNumber(1),
  applicationServer: value => (typeof value === 'function' ? undefined : hostAndPort(value)),
  replicationFactor: value => (value === -1 ? undefined : wholeNumber(1, 32_767)(value)),
  deserializationExceptionHandler: oneOf('fail', 'logAndContinue'),
  maxTaskIdleMs: wholeNumber(0),
  idleAdvanceAfterMs: wholeNumber(1),
  sessionTimeoutMs: wholeNumber(100),
  heartbeatIntervalMs: wholeNumber(10),
  rebalanceTimeoutMs: wholeNumber(100),
  groupInstanceId: text,
  stateCleanupDelayMs: wholeNumber(0),
  repartitionPurgeIntervalMs: wholeNumber(1),
  metadataMaxAgeMs: wholeNumber(1),
  compression: oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd'),
  stateEngine: value =>
    value === 'level' || value === 'memory' ? undefined : withMethods('level, memory or a StateEngine', 'open')(value),
  logger: withMethods('a logger with debug, info, warn and error', 'debug', 'info', 'warn', 'error'),
  clock: withMethods('a clock with now and after', 'now', 'after')
}

/**
 * Checks a configuration and fills in its defaults.
 * Throws `CONFIG_INVALID` (details: `field`) for a value that does not fit, `CONFIG_UNKNOWN` for a field that does not exist.
 */
export function resolveConfig(config: StreamsConfig): ResolvedConfig {
  for (const [field, value] of Object.entries(config)) {
    if (!(field in CHECKS)) throw unknownField(field)
    if (value === undefined) continue
    const expected = CHECKS[field as keyof StreamsConfig](value)
    if (expected !== undefined) throw invalid(field, value, expected)
  }
  for (const field of ['applicationId', 'broker'] as const) {
    if (config[field] === undefined) throw invalid(field, undefined, CHECKS[field](undefined) ?? 'set')
  }
  const sessionTimeoutMs = config.sessionTimeoutMs ?? 10_000
  const heartbeatIntervalMs = config.heartbeatIntervalMs ?? Math.min(1000, Math.ceil(sessionTimeoutMs / 3))
  if (heartbeatIntervalMs >= sessionTimeoutMs) {
    throw invalid('heartbeatIntervalMs', heartbeatIntervalMs, `less than sessionTimeoutMs (${sessionTimeoutMs})`)
  }
  return {
    applicationId: config.applicationId,
    broker: config.broker,
    stateDirectory: config.stateDirectory ?? join(tmpdir(), 'millrace'),
    abandonedTopics: config.abandonedTopics ?? [],
    threads: config.threads ?? 0,
    commitIntervalMs: config.commitIntervalMs ?? 1000,
    cacheMaxBytes: config.cacheMaxBytes ?? 64 * MEBIBYTE,
    inputBufferMaxBytes: config.inputBufferMaxBytes ?? 64 * MEBIBYTE,
    outputBufferMaxBytes: config.outputBufferMaxBytes ?? 16 * MEBIBYTE * Math.max(1, config.threads ?? 0),
    applicationServer: config.applicationServer,
    replicationFactor: config.replicationFactor ?? -1,
    deserializationExceptionHandler: config.deserializationExceptionHandler ?? 'fail',
    maxTaskIdleMs: config.maxTaskIdleMs ?? 0,
    idleAdvanceAfterMs: config.idleAdvanceAfterMs,
    sessionTimeoutMs,
    heartbeatIntervalMs,
    rebalanceTimeoutMs: config.rebalanceTimeoutMs ?? 60_000,
    groupInstanceId: config.groupInstanceId,
    stateCleanupDelayMs: config.stateCleanupDelayMs ?? 600_000,
    repartitionPurgeIntervalMs: config.repartitionPurgeIntervalMs ?? 30_000,
    metadataMaxAgeMs: config.metadataMaxAgeMs ?? 300_000,
    compression: config.compression ?? 'none',
    stateEngine: config.stateEngine ?? 'level',
    logger: config.logger ?? warningsToStandardError,
    clock: config.clock ?? systemClock
  }
}

function invalid(field: string, value: unknown, expected: string): MillraceError {
  const shown = typeof value === 'object' ? 'an object that does not fit' : JSON.stringify(value)
  return new MillraceError('CONFIG_INVALID', `Configuration ${field} must be ${expected}; it is ${shown}.`, {
    details: { field }
  })
}

/** Where others reach this instance's queries, now that it starts. Throws `CONFIG_INVALID` for what is no `host:port`. */
export function addressOf({ applicationServer }: Pick<ResolvedConfig, 'applicationServer'>): string | undefined {
  if (typeof applicationServer !== 'function') return applicationServer
  const address = applicationServer()
  const expected = hostAndPort(address)
  if (expected !== undefined) throw invalid('applicationServer', address, expected)
  return address
}

function unknownField(field: string): MillraceError {
  const camelCase = field.replace(/[._-]([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const wanted = Object.keys(CHECKS).find(name => name.toLowerCase() === camelCase.toLowerCase())
  const hint = wanted === undefined ? `Known fields: ${Object.keys(CHECKS).join(', ')}.` : `Did you mean ${wanted}?`
  return new MillraceError('CONFIG_UNKNOWN', `There is no configuration field ${field}. ${hint}`, {
    details: { field }
  })
}
