/** One scenario as an application on a broker, of either library. */
import { KafkaStreams, silentLogger } from '@millrace/core'
import { kafka } from '@millrace/kafka'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Java } from '../java.js'
import type { Scenario } from '../scenario.js'
import { Scope } from '../scope.js'

const COMMIT_INTERVAL_MS = 25

export interface ContenderOptions {
  readonly applicationId: string
  readonly brokers: readonly string[]
  readonly scenario: Scenario
  readonly caching: boolean
}

export abstract class Contender {
  readonly options: ContenderOptions
  #directory: string | undefined

  constructor(options: ContenderOptions) {
    this.options = options
  }

  /** Goes on with what state there is on the disk. */
  async start(): Promise<void> {
    this.#directory ??= await mkdtemp(join(tmpdir(), 'conformance-'))
    await this.startIn(this.#directory)
  }

  /** Deletes the state on the disk. */
  async forget(): Promise<void> {
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true })
    this.#directory = undefined
  }

  abstract stop(): Promise<void>
  /** Why it has ended by itself. */
  abstract failure(): Promise<string | undefined>
  protected abstract startIn(directory: string): Promise<void>
}

export class MillraceContender extends Contender {
  #app: KafkaStreams | undefined
  #failure: string | undefined

  async stop(): Promise<void> {
    const app = this.#app
    this.#app = undefined
    await app?.close()
  }

  failure(): Promise<string | undefined> {
    return Promise.resolve(this.#failure)
  }

  protected async startIn(stateDirectory: string): Promise<void> {
    const { applicationId, brokers, scenario, caching } = this.options
    this.#app = new KafkaStreams(Scope.build(scenario).topology, {
      applicationId,
      broker: kafka({ brokers }),
      stateDirectory,
      commitIntervalMs: COMMIT_INTERVAL_MS,
      repartitionPurgeIntervalMs: 3_600_000,
      logger: silentLogger,
      ...(caching ? {} : { cacheMaxBytes: 0 })
    })
    this.#app.on('error', error => (this.#failure = String(error)))
    try {
      await this.#app.start()
    } catch (error) {
      this.#failure = String(error)
    }
  }
}

export class JavaContender extends Contender {
  readonly #java: Java

  constructor(options: ContenderOptions, modules: { readonly java: Java }) {
    super(options)
    this.#java = modules.java
  }

  async stop(): Promise<void> {
    await this.#java.application({ application: this.options.applicationId, do: 'stop' })
  }

  async failure(): Promise<string | undefined> {
    return (await this.#java.application({ application: this.options.applicationId })).failed
  }

  protected async startIn(stateDirectory: string): Promise<void> {
    const { applicationId, brokers, scenario, caching } = this.options
    await this.#java.application({
      application: applicationId,
      do: 'start',
      brokers: brokers.join(','),
      scenario,
      caching,
      stateDirectory,
      commitIntervalMs: COMMIT_INTERVAL_MS
    })
  }
}
