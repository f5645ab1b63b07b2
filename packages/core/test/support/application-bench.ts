/** Applications on an embedded log of their own, for tests that go through the whole runtime. */
import {
  type Broker,
  type BrokerConnection,
  embedded,
  KafkaStreams,
  silentLogger,
  type StreamsConfig,
  type Topology,
  type TopologyModule
} from '@millrace/core'
import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { afterEach, beforeEach } from 'mocha'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.js'
import { connect } from './topics.js'

export class ApplicationBench {
  /** Fresh for each test. */
  broker!: Broker
  connection!: BrokerConnection
  /** Where state lies. */
  directory!: string
  readonly #started: KafkaStreams[] = []

  /** Call within `describe`; `prepare` makes what every test finds there. */
  constructor(prepare: (bench: ApplicationBench) => Promise<void> = async () => {}) {
    beforeEach(async () => {
      this.directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
      this.broker = embedded()
      this.connection = await connect(this.broker)
      await prepare(this)
    })
    afterEach(async () => {
      await Promise.all(this.#started.splice(0).map(app => app.close().catch(() => {})))
      await this.connection.close()
      await this.broker.close()
      await rm(this.directory, { recursive: true, force: true })
    })
  }

  /** Not started yet; closed with the test. Its errors are for the test to listen to. */
  app(topology: Topology | TopologyModule, config: Partial<StreamsConfig> = {}): KafkaStreams {
    const app = new KafkaStreams(topology, {
      applicationId: 'app',
      broker: this.broker,
      stateDirectory: this.directory,
      commitIntervalMs: 20,
      heartbeatIntervalMs: 20,
      logger: silentLogger,
      ...config
    })
    app.on('error', () => {})
    this.#started.push(app)
    return app
  }
}

/** Resolves once all that the group has to read is committed. */
export function caughtUp(app: KafkaStreams): Promise<void> {
  return eventually(async () => expect((await app.lag()).total).to.equal(0))
}
