/** Apache Kafka as a broker. Worker threads import this module, too. */
import {
  MillraceError,
  type Broker,
  type BrokerConnection,
  type ConnectOptions,
  type ThreadBroker
} from '@millrace/core'
import { KafkaConnection } from './connection/kafka-connection.js'
import { formatAddress, parseAddresses, type Address, type KafkaOptions } from './kafka-options.js'

const CONNECT_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000

/**
 * Apache Kafka 3.5 to 4.x. Throws `KAFKA_OPTIONS_INVALID` for options that cannot work; opens nothing before `connect`.
 *
 * `connect` rejects with `BROKER_UNREACHABLE`, `BROKER_AUTHENTICATION_FAILED`, or `KAFKA_VERSION_UNSUPPORTED` for a broker that is too old.
 */
export function kafka(options: KafkaOptions): Broker {
  return new KafkaBroker(options)
}

/** The broker in a worker thread; `data` is what `forThread` gave. */
export function brokerForThread(data: unknown): Broker {
  return new KafkaBroker(data as KafkaOptions)
}

class KafkaBroker implements Broker {
  readonly description: string
  readonly #options: KafkaOptions
  readonly #bootstrap: readonly Address[]

  constructor(options: KafkaOptions) {
    const { connectTimeoutMs = CONNECT_TIMEOUT_MS } = options
    if (!(connectTimeoutMs > 0)) {
      const message = `connectTimeoutMs is ${connectTimeoutMs}: give a number of milliseconds above 0`
      throw new MillraceError('KAFKA_OPTIONS_INVALID', message, { details: { field: 'connectTimeoutMs' } })
    }
    this.#options = options
    this.#bootstrap = parseAddresses(options.brokers)
    this.description = `kafka at ${this.#bootstrap.map(formatAddress).join(', ')}`
  }

  connect({ clientId, logger, requestTimeoutMs = REQUEST_TIMEOUT_MS }: ConnectOptions): Promise<BrokerConnection> {
    const { ssl, sasl, connectTimeoutMs = CONNECT_TIMEOUT_MS } = this.#options
    const tls = ssl === true ? {} : ssl === false ? undefined : ssl
    const socket = { clientId, ssl: tls, sasl }
    return KafkaConnection.open({ bootstrap: this.#bootstrap, connectTimeoutMs, requestTimeoutMs, socket }, { logger })
  }

  forThread(): ThreadBroker {
    try {
      return { module: import.meta.url, data: structuredClone(this.#options), transfer: [] }
    } catch (cause) {
      const message =
        'these ssl or sasl options hold functions, which cannot go to a worker thread: use threads: 0, or plain values'
      throw new MillraceError('KAFKA_OPTIONS_INVALID', message, { cause, details: { field: 'ssl, sasl' } })
    }
  }

  async close(): Promise<void> {}
}
