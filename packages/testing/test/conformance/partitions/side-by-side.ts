/** Runs scenarios as applications of Millrace and of Kafka Streams on one broker, record after record. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { difference } from '../difference.js'
import type { Java } from '../java.js'
import type { Input, InputRecord, Scenario } from '../scenario.js'
import type { Cluster } from '../../support/cluster.js'
import { type Contender, JavaContender, MillraceContender } from './contender.js'
import { observed } from './observed.js'
import { placed, topicsOfScenario } from './placed.js'

const HOUR_MS = 3_600_000
/** How long an application may take over a record, its own start included. */
const PATIENCE_MS = 60_000

/** A scenario for several partitions. */
export interface PartitionedScenario {
  readonly name: string
  readonly scenario: Scenario
  readonly caching: boolean
}

export interface SideBySideOptions {
  /** Of the topics that are read. Those that are written have one more. */
  readonly partitions: number
  /** All scenarios get the same; each passes by what it does not read. */
  readonly inputs: readonly Input[]
}

export interface SideBySideModules {
  readonly cluster: Cluster
  readonly java: Java
}

/** What was found, by the scenario's name; nothing where both did the same. */
export async function sideBySide(
  scenarios: readonly PartitionedScenario[],
  options: SideBySideOptions,
  modules: SideBySideModules
): Promise<ReadonlyMap<string, string>> {
  const group = new Group(scenarios, options, modules)
  try {
    return await group.run()
  } finally {
    await group.close()
  }
}

/** A scenario, run by both. */
class Pair {
  readonly name: string
  readonly contenders: readonly [ours: Contender, theirs: Contender]
  readonly sources: readonly string[]
  readonly topics: ReturnType<typeof topicsOfScenario>

  constructor(
    run: string,
    index: number,
    { name, scenario, caching }: PartitionedScenario,
    { cluster, java }: SideBySideModules
  ) {
    this.name = name
    const { brokers } = cluster
    // Ids of one length, since records hold them.
    const options = ['m', 'k'].map(letter => {
      const applicationId = `${run}-${letter}${index}`
      const place = { inputs: `${run}-`, outputs: `out.${applicationId}-` }
      return { applicationId, brokers, caching, scenario: placed(scenario, place) }
    })
    this.contenders = [new MillraceContender(options[0]!), new JavaContender(options[1]!, { java })]
    this.topics = topicsOfScenario(options[0]!.scenario)
    this.sources = this.topics.sources
  }
}

class Group {
  readonly #run = randomUUID().slice(0, 8)
  /** Of the timestamps: late enough for no broker to think that the time of a record is up. */
  readonly #baseMs = Math.floor((Date.now() - 10 * HOUR_MS) / HOUR_MS) * HOUR_MS
  readonly #options: SideBySideOptions
  readonly #cluster: Cluster
  readonly #pairs: readonly Pair[]
  readonly #failed = new Map<Contender, string>()
  /** Where what it writes ended after each step. */
  readonly #steps = new Map<Contender, ReadonlyMap<string, number>[]>()

  constructor(scenarios: readonly PartitionedScenario[], options: SideBySideOptions, modules: SideBySideModules) {
    this.#options = options
    this.#cluster = modules.cluster
    this.#pairs = scenarios.map((scenario, index) => new Pair(this.#run, index, scenario, modules))
  }

  get #contenders(): readonly Contender[] {
    return this.#pairs.flatMap(({ contenders }) => contenders)
  }

  async run(): Promise<ReadonlyMap<string, string>> {
    const { partitions, inputs } = this.#options
    const read = [...new Set(this.#pairs.flatMap(({ topics }) => [...topics.sources, ...topics.globals]))]
    const globals = new Set(this.#pairs.flatMap(({ topics }) => topics.globals))
    await this.#cluster.create(read, partitions)
    const sinks = this.#contenders.flatMap(({ options }) => topicsOfScenario(options.scenario).sinks)
    await this.#cluster.create([...new Set(sinks)], partitions + 1)
    const known = inputs.filter(input => !('topic' in input) || read.includes(`${this.#run}-${input.topic}`))
    const isGlobal = (input: Input): input is InputRecord =>
      'topic' in input && globals.has(`${this.#run}-${input.topic}`)
    // When a global table takes a record in is nobody's promise, but for those that are there at the start.
    for (const input of known.filter(isGlobal)) await this.#write(input)
    await this.#startAll()
    for (const input of known.filter(input => !isGlobal(input))) await this.#advance(input)
    await this.#all(contender => contender.stop())
    return this.#differences()
  }

  async close(): Promise<void> {
    await this.#all(contender => contender.stop())
    await this.#all(contender => contender.forget())
    const internal = await Promise.all(
      this.#contenders.map(({ options }) => this.#cluster.internalTopics(options.applicationId))
    )
    const named = this.#contenders.flatMap(({ options }) => Object.values(topicsOfScenario(options.scenario)).flat())
    const existing = await this.#cluster.partitions([...new Set([...internal.flat(), ...named])])
    await this.#cluster.delete([...existing.keys()])
  }

  async #advance(input: Input): Promise<void> {
    if ('topic' in input) {
      await this.#write(input)
      await this.#catchUp(this.#pairs.filter(({ sources }) => sources.includes(`${this.#run}-${input.topic}`)))
    } else if ('restart' in input) {
      await this.#all(contender => contender.stop())
      if (input.restart === 'stateLost') await this.#all(contender => contender.forget())
      await this.#startAll()
    } else throw new Error('The wall clock of applications on a broker cannot be moved')
  }

  async #startAll(): Promise<void> {
    await this.#all(async contender => {
      if (!this.#failed.has(contender)) await contender.start()
    })
    await this.#catchUp(this.#pairs)
  }

  async #write(input: InputRecord): Promise<void> {
    await this.#cluster.write(`${this.#run}-${input.topic}`, { ...input, timestamp: input.timestamp + this.#baseMs })
  }

  async #catchUp(pairs: readonly Pair[]): Promise<void> {
    await Promise.all(
      pairs.flatMap(({ contenders, sources }) => contenders.map(contender => this.#wait(contender, sources)))
    )
  }

  async #wait(contender: Contender, sources: readonly string[]): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS
    while (!this.#failed.has(contender)) {
      const { applicationId, scenario } = contender.options
      if (await this.#cluster.isCaughtUp(applicationId, sources)) {
        const steps = this.#steps.get(contender) ?? []
        const written = [...topicsOfScenario(scenario).sinks, ...(await this.#cluster.internalTopics(applicationId))]
        this.#steps.set(contender, [...steps, await this.#cluster.ends(written)])
        return
      }
      const failure = Date.now() > deadline ? 'It does not come to the end of its topics' : await contender.failure()
      if (failure !== undefined) this.#failed.set(contender, failure)
      else await delay(10)
    }
  }

  async #all(act: (contender: Contender) => Promise<void>): Promise<void> {
    await Promise.all(this.#contenders.map(act))
  }

  async #differences(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>()
    for (const { name, contenders } of this.#pairs) {
      const [ours, theirs] = await Promise.all(
        contenders.map(async contender => {
          const reason = this.#failed.get(contender)
          if (reason !== undefined) return { failed: true, reason }
          return observed(
            contender.options,
            { baseMs: this.#baseMs, steps: this.#steps.get(contender)! },
            { cluster: this.#cluster }
          )
        })
      )
      // Both refuse in words of their own.
      if ('reason' in ours! && 'reason' in theirs!) continue
      const different = difference(ours, theirs)
      if (different !== undefined) found.set(name, different)
    }
    return found
  }
}
