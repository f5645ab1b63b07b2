/** Runs a scenario on Millrace. */
import { type Headers, NO_HEADERS, serdes, type Topology } from '@millrace/core'
import { type TestInputTopic, type TestOutputTopic, TopologyTestDriver } from '@millrace/testing'
import { both } from './any-serde.js'
import { keyText, valueText } from './keys.js'
import type { Input, InputRecord, OutputRecord, Result, RunResult, Scenario } from './scenario.js'
import { type Built, Scope } from './scope.js'
import { storeContents } from './store-contents.js'

const bytes = { key: serdes.bytes(), value: serdes.bytes() }

/** What Millrace makes of a scenario, once with caches and once without. */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<Result> {
  let built: Built
  try {
    built = Scope.build(scenario)
  } catch (error) {
    return { refused: String(error) }
  }
  const describe = built.topology.describe().split('\n')
  if (scenario.inputs === undefined) return { describe }
  const [cached, uncached] = [true, false].map(caching => new Run(Scope.build(scenario), { ...options, caching }))
  return { describe, cached: await cached!.pipe(scenario.inputs), uncached: await uncached!.pipe(scenario.inputs) }
}

/** How to run a scenario. */
export interface RunOptions {
  /** Restarts the application before each input. */
  readonly restarting?: boolean
}

/** One run of a topology over its inputs. Records are noted under the number of the input that made them. */
class Run {
  readonly #built: Built
  readonly #caching: boolean
  readonly #restarting: boolean
  readonly #records: OutputRecord[] = []
  readonly #internal: OutputRecord[] = []
  readonly #outputs = new Map<string, TestOutputTopic<Buffer, Buffer>>()

  constructor(built: Built, options: RunOptions & { readonly caching: boolean }) {
    this.#built = built
    this.#caching = options.caching
    this.#restarting = options.restarting === true
  }

  async pipe(inputs: readonly Input[]): Promise<RunResult> {
    const noted = { records: this.#records, internal: this.#internal }
    const options = { initialWallClockTimeMs: 0, ...(this.#caching ? {} : { cacheMaxBytes: 0 }) }
    const driver = await TopologyTestDriver.open(this.#built.topology, options)
    let at = 0
    try {
      const topics = new InputTopics(driver, this.#built.topology)
      for (const input of inputs) {
        if (this.#restarting) await driver.restart()
        await advance(driver, topics, input)
        this.#note(driver, at)
        at++
      }
      const stores = await storeContents(driver, this.#built, { caching: this.#caching })
      const { trace } = this.#built
      return { ...noted, stores, ...(trace === undefined ? {} : { trace }) }
    } catch (error) {
      return { ...noted, failed: { at, message: String(error) } }
    } finally {
      await driver.close()
    }
  }

  #note(driver: TopologyTestDriver, at: number): void {
    for (const topic of [...driver.producedTopicNames()].toSorted()) {
      let output = this.#outputs.get(topic)
      if (output === undefined) this.#outputs.set(topic, (output = driver.createOutputTopic(topic, bytes)))
      for (const { key, value, timestamp, headers } of output.readRecordsToList()) {
        if (topic.startsWith('test-')) {
          const time = this.#isOfBuffer(topic) ? null : timestamp
          this.#internal.push({ at, topic, key: hex(key), value: hex(value), timestamp: time, ...noteHeaders(headers) })
        } else {
          const shownKey = keyText(this.#built.sinks.get(topic) ?? 'plain', key)
          this.#records.push({ at, topic, key: shownKey, value: valueText(value), timestamp, ...noteHeaders(headers) })
        }
      }
    }
  }

  /** Their records have no time but that of the broker. */
  #isOfBuffer(topic: string): boolean {
    const store = topic.replace(/^test-(.*)-changelog$/, '$1')
    return this.#built.topology.stores.get(store)?.kind === 'buffer'
  }
}

/** The topics of inputs, those that a pattern matches from their first record on. */
class InputTopics {
  readonly #driver: TopologyTestDriver
  readonly #topology: Topology
  readonly #topics = new Map<string, TestInputTopic<any, any> | undefined>()

  constructor(driver: TopologyTestDriver, topology: Topology) {
    this.#driver = driver
    this.#topology = topology
  }

  /** Undefined for one that is not read. */
  get(name: string): TestInputTopic<any, any> | undefined {
    if (!this.#topics.has(name)) {
      const { subtopologies } = this.#topology.matching([name])
      const read = subtopologies.some(({ sourceTopics }) => sourceTopics.includes(name))
      this.#topics.set(name, read ? this.#driver.createInputTopic(name, both) : undefined)
    }
    return this.#topics.get(name)
  }
}

async function advance(driver: TopologyTestDriver, topics: InputTopics, input: Input): Promise<void> {
  if (isRecord(input)) {
    const { topic, key, value, timestamp, headers = [] } = input
    const encoded = headers.map(([name, text]) => [name, text === null ? null : Buffer.from(text)] as const)
    await topics.get(topic)?.pipeInput(key, value, timestamp, headers.length === 0 ? NO_HEADERS : encoded)
    return
  }
  if ('restart' in input) await driver.restart({ stateLost: input.restart === 'stateLost' })
  else await driver.advanceWallClockTime(input.advanceWallClockMs)
}

function isRecord(input: Input): input is InputRecord {
  return 'topic' in input
}

function hex(buffer: Buffer | null): string | null {
  return buffer === null ? null : buffer.toString('hex')
}

function noteHeaders(headers: Headers): Pick<OutputRecord, 'headers'> {
  return headers.length === 0 ? {} : { headers: headers.map(([name, value]) => [name, value?.toString() ?? null]) }
}
