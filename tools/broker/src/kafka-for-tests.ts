/** The broker that a test run shares. */
import { MillraceError } from '@millrace/state'
import { requireJava, requireMaven } from './java-tools.js'
import { startKafka, type RunningKafka, type StartKafkaOptions } from './kafka-cluster.js'

/** Brokers to test against, or why there are none. */
export type KafkaForTests = { readonly brokers: readonly string[] } | { readonly unavailable: string }

/** What this needs of mocha's context. */
export interface TestContext {
  timeout(ms: number): unknown
  skip(): void
}

const START_TIMEOUT_MS = 240_000
let shared: Promise<KafkaForTests> | undefined

/**
 * The brokers named in `KAFKA_BROKERS` (comma-separated), else one broker that is started at the first call, shared by all spec files
 * of the process, and gone when the process ends. Where Java or Maven is missing it resolves to the reason, unless
 * `MILLRACE_REQUIRE_BROKER=1` makes that an error.
 */
export function kafkaForTests(): Promise<KafkaForTests> {
  shared ??= find()
  return shared
}

/**
 * For a suite's `before` hook: resolves to the brokers, or skips the suite, test by test, with one line on standard
 * error that says why.
 */
export async function requireKafka(context: TestContext): Promise<readonly string[]> {
  context.timeout(START_TIMEOUT_MS)
  const kafka = await kafkaForTests()
  if ('brokers' in kafka) return kafka.brokers
  skip(context, 'a real Kafka', `${kafka.unavailable}, or set KAFKA_BROKERS`)
  return []
}

/**
 * For the `before` hook of a suite that stops brokers or configures them: resolves to a cluster of its own, which the suite stops,
 * or skips the suite as `requireKafka` does. `KAFKA_BROKERS` is ignored. `options` is asked only where Java and Maven are there.
 */
export async function requireOwnKafka(
  context: TestContext,
  options: () => Promise<StartKafkaOptions> = () => Promise.resolve({})
): Promise<RunningKafka> {
  context.timeout(START_TIMEOUT_MS)
  const kafka = await startOrExplain(options)
  if (!('unavailable' in kafka)) return kafka
  skip(context, 'a real Kafka', kafka.unavailable)
  throw new MillraceError('BROKER_TOOL_UNAVAILABLE', kafka.unavailable)
}

/**
 * For the `before` hook of a suite that runs Kafka Streams itself: skips the suite as `requireKafka` does where there is no JDK
 * or no Maven, also with brokers in `KAFKA_BROKERS`.
 */
export async function requireJdk(context: TestContext): Promise<void> {
  const tools = await orExplain(async () => {
    await requireJava()
    await requireMaven()
    return {}
  })
  if ('unavailable' in tools) skip(context, 'Kafka Streams', tools.unavailable)
}

async function find(): Promise<KafkaForTests> {
  const given = process.env['KAFKA_BROKERS']
  if (given !== undefined && given !== '') return { brokers: given.split(',').map(address => address.trim()) }
  return startOrExplain(() => Promise.resolve({}))
}

function startOrExplain(
  options: () => Promise<StartKafkaOptions>
): Promise<RunningKafka | { readonly unavailable: string }> {
  return orExplain(async () => {
    await requireJava()
    return startKafka(await options())
  })
}

/** What is missing to do it; an error where nothing may be skipped. */
async function orExplain<T>(act: () => Promise<T>): Promise<T | { readonly unavailable: string }> {
  try {
    return await act()
  } catch (cause) {
    const missing =
      cause instanceof MillraceError && ['BROKER_TOOL_NO_JAVA', 'BROKER_TOOL_NO_MAVEN'].includes(cause.code)
    if (!missing || process.env['MILLRACE_REQUIRE_BROKER'] === '1') throw cause
    return { unavailable: cause.message }
  }
}

const said = new Set<string>()

function skip(context: TestContext, what: string, reason: string): void {
  if (!said.has(what)) process.stderr.write(`tests that need ${what} are skipped: ${reason}\n`)
  said.add(what)
  context.skip()
}
