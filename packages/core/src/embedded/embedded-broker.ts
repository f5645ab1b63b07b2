/** The embedded log as a broker: opened by the first connection, released by `close`. */
import {
  BrokerError,
  type Broker,
  type BrokerConnection,
  type ConnectOptions,
  type ThreadBroker
} from '../broker/broker.js'
import { EmbeddedConnection } from './embedded-connection.js'
import { EmbeddedLog } from './embedded-log.js'
import { Compactor } from './compactor.js'
import { GroupCoordinator } from './group-coordinator.js'
import type { OpenLog } from './open-directory.js'
import { offerToThread } from './thread-server.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'

export interface EmbeddedBrokerOptions {
  readonly description: string
  readonly initialRebalanceDelayMs: number
}

export interface EmbeddedBrokerModules {
  readonly clock: Clock
  /** Opens what the log lives in. */
  open(logger: Logger): Promise<OpenLog>
}

interface Running {
  readonly log: EmbeddedLog
  readonly coordinator: GroupCoordinator
  readonly compactor: Compactor
  readonly opened: OpenLog
}

export class EmbeddedBroker implements Broker {
  readonly description: string
  readonly #options: EmbeddedBrokerOptions
  readonly #modules: EmbeddedBrokerModules
  readonly #connections = new Set<EmbeddedConnection>()
  readonly #threads = new Set<() => void>()
  #running: Promise<Running> | undefined
  #closed: Promise<void> | undefined

  constructor(options: EmbeddedBrokerOptions, modules: EmbeddedBrokerModules) {
    this.description = options.description
    this.#options = options
    this.#modules = modules
  }

  async connect(options: ConnectOptions): Promise<BrokerConnection> {
    if (this.#closed !== undefined) throw this.#closedError()
    this.#running ??= this.#start(options.logger)
    const starting = this.#running
    let running: Running
    try {
      running = await starting
    } catch (error) {
      // The next attempt may find the directory free.
      if (this.#running === starting) this.#running = undefined
      throw error
    }
    if (this.#closed !== undefined) throw this.#closedError()
    const connection = new EmbeddedConnection(
      { clientId: options.clientId },
      {
        log: running.log,
        coordinator: running.coordinator,
        metadata: running.opened.metadata,
        onClose: each => void this.#connections.delete(each)
      }
    )
    this.#connections.add(connection)
    return connection
  }

  forThread(): ThreadBroker {
    if (this.#closed !== undefined) throw this.#closedError()
    const offer = offerToThread(this)
    this.#threads.add(offer.close)
    return offer.threadBroker
  }

  /** Closes connections that are still open, writes out what the operating system holds, and releases the directory. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #start(logger: Logger): Promise<Running> {
    const { clock } = this.#modules
    const opened = await this.#modules.open(logger)
    try {
      const { metadata, place } = opened
      const compactor = new Compactor({}, { clock, logger })
      const log = new EmbeddedLog({ clock, logger, metadata, place, compactor })
      const { initialRebalanceDelayMs } = this.#options
      const coordinator = new GroupCoordinator({ initialRebalanceDelayMs }, { clock, metadata })
      return { log, coordinator, compactor, opened }
    } catch (error) {
      await opened.release()
      throw error
    }
  }

  async #close(): Promise<void> {
    for (const closeThread of this.#threads) closeThread()
    for (const connection of this.#connections) await connection.close()
    if (this.#running === undefined) return
    let running: Running
    try {
      running = await this.#running
    } catch {
      return // its `connect` said so; there is nothing to release
    }
    running.coordinator.close(this.#closedError())
    try {
      await running.compactor.close()
      await running.log.flush()
    } finally {
      running.log.close()
      await running.opened.release()
    }
  }

  #closedError(): BrokerError {
    return new BrokerError('CLOSED', `The ${this.description} is closed.`)
  }
}
