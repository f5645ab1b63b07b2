/** One run of one contender: its topics, its state and its processes, all of which are gone afterwards. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchBroker } from '../broker.js'
import { Child } from '../child.js'
import { createTopic } from '../topics.js'
import type { StreamsContender } from './contenders.js'
import type { ProgramOptions } from './program.js'
import type { Topics, Workload } from './workload.js'

export interface ApplicationOptions {
  readonly workload: Workload
  readonly inputs: Topics
  readonly round: number
  /** What sets a run apart from others of its workload and round, where there are some. */
  readonly variant?: string
  /** Undefined is the contender's own default. */
  readonly commitIntervalMs: number | undefined
  readonly threads: number
}

export class Application {
  readonly id: string
  readonly outputs: Topics
  readonly #options: ApplicationOptions
  readonly #contender: StreamsContender
  readonly #broker: BenchBroker
  readonly #children: Child[] = []
  readonly #directories: string[] = []

  static async open(
    options: ApplicationOptions,
    modules: { readonly contender: StreamsContender; readonly broker: BenchBroker }
  ): Promise<Application> {
    const application = new Application(options, modules)
    const made = modules.contender.needsRepartitions === true ? application.repartitions : []
    for (const topic of [...Object.values(application.outputs), ...made])
      await createTopic(modules.broker.connection, topic)
    return application
  }

  private constructor(options: ApplicationOptions, modules: { contender: StreamsContender; broker: BenchBroker }) {
    this.#options = options
    this.#contender = modules.contender
    this.#broker = modules.broker
    const { workload, variant, round } = options
    const parts = [workload.name, ...(variant === undefined ? [] : [variant]), modules.contender.name, round]
    this.id = parts
      .join('-')
      .toLowerCase()
      .replaceAll(/[^a-z\d]+/g, '-')
    const outputs = ['output', ...(workload.moreOutputs ?? [])]
    this.outputs = Object.fromEntries(outputs.map(name => [name, `${this.id}-${name}`]))
  }

  /** The one that all workloads have. */
  get output(): string {
    return this.outputs['output']!
  }

  get inputs(): readonly string[] {
    return Object.values(this.#options.inputs)
  }

  get repartitions(): readonly string[] {
    return (this.#options.workload.repartitions ?? []).map(topic => `${this.id}-${topic}-repartition`)
  }

  /** Starts a process with an empty state directory. */
  async start(more: Pick<ProgramOptions, 'serve' | 'queries' | 'vitalsEveryMs'> = {}): Promise<Child> {
    const { workload, inputs, commitIntervalMs, threads } = this.#options
    const stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
    this.#directories.push(stateDirectory)
    const child = new Child(
      this.#contender.command({
        workload: workload.name,
        brokers: this.#broker.addresses,
        applicationId: this.id,
        topics: { ...inputs, ...this.outputs },
        repartitions: this.repartitions,
        stateDirectory,
        commitIntervalMs,
        threads,
        tuned: this.#contender.tuned,
        ...more
      })
    )
    this.#children.push(child)
    return child
  }

  /** What its topics take on the broker, if that is known. */
  writtenMiB(): Promise<number | undefined> {
    return this.#broker.writtenMiB(this.id)
  }

  async close(): Promise<void> {
    for (const child of this.#children) await child.stop('SIGKILL')
    for (const directory of this.#directories) await rm(directory, { recursive: true, force: true })
    const { connection } = this.#broker
    const own = (await connection.listTopics()).filter(topic => topic.startsWith(`${this.id}-`))
    await connection.deleteTopics(own)
  }
}
