/** One connection to one broker, over kafkajs: the only file that speaks to it. */
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { BrokerError, MillraceError, type Logger } from '@millrace/core'
import type { SASLOptions } from 'kafkajs'
import Connection from 'kafkajs/src/network/connection.js'
import createSocketFactory from 'kafkajs/src/network/socketFactory.js'
import { answeredError } from '../errors.js'
import { formatAddress, type Address } from '../kafka-options.js'
import { apiVersions } from '../protocol/api-versions.js'
import type { Api } from '../protocol/api.js'
import { RequestWriter } from '../protocol/request-writer.js'
import { ResponseReader } from '../protocol/response-reader.js'
import { checkVersions, SASL_APIS } from './broker-versions.js'
import { connectionLog } from './connection-log.js'
import { requestHeader } from './request-header.js'

/** kafkajs looks for late answers every tenth of a second, and not before this time is up. */
const SHORTEST_TIMEOUT_MS = 1000
const CLIENT_SOFTWARE = { name: 'millrace', version: '0.1.0' }
const socketFactory = createSocketFactory()

export interface SocketOptions {
  readonly clientId: string
  readonly ssl: TlsOptions | undefined
  readonly sasl: SASLOptions | undefined
}

/** What every API here has to offer: an answer that says how long to hold back. */
interface Throttled {
  readonly throttleMs: number
}

/** An open, authenticated connection. Broken once is broken for good: the owner opens another. */
export class Socket {
  readonly address: string
  readonly #options: SocketOptions
  readonly #connection: Connection
  #closed = false

  private constructor(address: Address, timeoutMs: number, options: SocketOptions, logger: Logger) {
    this.address = formatAddress(address)
    this.#options = options
    this.#connection = new Connection({
      host: address.host,
      port: address.port,
      clientId: options.clientId,
      logger: connectionLog(logger),
      socketFactory,
      connectionTimeout: timeoutMs,
      requestTimeout: SHORTEST_TIMEOUT_MS,
      ssl: options.ssl ?? null,
      // kafkajs writes into it.
      sasl: options.sasl === undefined ? null : { ...options.sasl }
    })
    quietIdleTimer(this.#connection)
  }

  /**
   * Connects, checks that the broker accepts the versions this package speaks, and authenticates.
   *
   * Rejects with `BROKER_UNREACHABLE`, `BROKER_AUTHENTICATION_FAILED` or `KAFKA_VERSION_UNSUPPORTED`.
   */
  static async open(address: Address, timeoutMs: number, options: SocketOptions, logger: Logger): Promise<Socket> {
    const socket = new Socket(address, timeoutMs, options, logger)
    try {
      await socket.#connection.connect()
      // kafkajs forgets a request that is written while the other side hangs up: it would never be answered.
      socket.#connection.socket?.once('close', () => socket.#end(socket.#hungUp()))
      await socket.#greet(timeoutMs)
      return socket
    } catch (cause) {
      socket.close()
      const error = socket.#translate(cause, false)
      if (!(error instanceof BrokerError) || error.error !== 'REQUEST_TIMED_OUT') throw error
      // Something listens there, and is not (or no longer) a Kafka broker that answers.
      throw new BrokerError('UNREACHABLE', error.message, { cause: error, details: error.details })
    }
  }

  get open(): boolean {
    return !this.#closed && this.#connection.isConnected()
  }

  /** One request and its answer. Requests are answered in the order they were sent. */
  async request<Request, Reply extends Throttled>(
    api: Api<Request, Reply>,
    request: Request,
    timeoutMs: number
  ): Promise<Reply> {
    if (this.#options.sasl !== undefined && !this.#connection.isAuthenticated()) {
      await this.#connection.authenticate().catch((cause: unknown) => {
        throw this.#translate(cause, false)
      })
    }
    const writer = new RequestWriter()
    api.encode(request, writer)
    const reader = new ResponseReader(await this.#exchange(api, writer.toChunks(), timeoutMs), api.name)
    reader.skipTags()
    const reply = api.decode(reader)
    this.#connection.requestQueue.maybeThrottle(reply.throttleMs)
    return reply
  }

  /** At once: what is unanswered is rejected. */
  close(): void {
    this.#end(new BrokerError('CLOSED', `the connection to ${this.address} was closed`))
  }

  #end(reason: BrokerError): void {
    if (this.#closed) return
    this.#closed = true
    this.#connection.rejectRequests(reason)
    // Only waits for requests, of which there are none left.
    void this.#connection.disconnect()
    this.#connection.socket?.destroy()
  }

  async #greet(timeoutMs: number): Promise<void> {
    const writer = new RequestWriter()
    apiVersions.encode(CLIENT_SOFTWARE, writer)
    const payload = await this.#exchange(apiVersions, writer.toChunks(), timeoutMs)
    const { errorCode, versions } = apiVersions.decode(new ResponseReader(payload, apiVersions.name))
    checkVersions(this.address, errorCode, versions)
    const saslVersions = SASL_APIS.map(key => [key, versions.get(key)] as const)
    this.#connection.setVersions(Object.fromEntries(saslVersions))
    this.#connection.setSupportAuthenticationProtocol(true)
    await this.#connection.authenticate()
  }

  async #exchange(
    api: { name: string; key: number; version: number },
    chunks: readonly Buffer[],
    timeoutMs: number
  ): Promise<Buffer> {
    const connection = this.#connection
    let sent = false
    try {
      if (!this.open) throw new BrokerError('UNREACHABLE', `the connection to Kafka at ${this.address} is closed`)
      const { payload } = await new Promise<{ readonly payload: Buffer }>((resolve, reject) => {
        const correlationId = connection.nextCorrelationId()
        connection.requestQueue.push({
          entry: { apiKey: api.key, apiName: api.name, apiVersion: api.version, correlationId, resolve, reject },
          expectResponse: true,
          requestTimeout: timeoutMs,
          sendRequest: () => {
            sent = true
            this.#write([requestHeader(api, correlationId, this.#options.clientId, chunks), ...chunks])
          }
        })
      })
      return payload
    } catch (cause) {
      const error = this.#translate(cause, sent)
      // A broker that let one request time out will answer the next ones no sooner.
      if (error instanceof BrokerError && error.error === 'REQUEST_TIMED_OUT') this.close()
      throw error
    }
  }

  #hungUp(): BrokerError {
    const message = `Kafka at ${this.address} closed the connection`
    return new BrokerError('UNREACHABLE', message, { details: { address: this.address, sent: true } })
  }

  #write(chunks: readonly Buffer[]): void {
    const { socket } = this.#connection
    if (socket === undefined)
      throw new BrokerError('UNREACHABLE', `the connection to Kafka at ${this.address} is closed`)
    socket.cork()
    for (const chunk of chunks) socket.write(chunk)
    socket.uncork()
  }

  /** kafkajs's errors in the port's words. `sent`: whether the broker may have seen the request. */
  #translate(cause: unknown, sent: boolean): MillraceError {
    if (cause instanceof MillraceError) return cause
    const { name, message, code } =
      cause instanceof Error
        ? (cause as Error & { code?: unknown })
        : { name: '', message: String(cause), code: undefined }
    const details = { address: this.address, sent }
    if (name === 'KafkaJSRequestTimeoutError') {
      return new BrokerError('REQUEST_TIMED_OUT', `Kafka at ${this.address} did not answer: ${message}`, {
        cause,
        details
      })
    }
    if (name === 'KafkaJSSASLAuthenticationError') {
      return new BrokerError('AUTHENTICATION_FAILED', `Kafka at ${this.address} does not let us in: ${message}`, {
        cause,
        details
      })
    }
    // Of requests with a broker's error as answer, kafkajs itself sends only those of the SASL handshake.
    if (name === 'KafkaJSProtocolError' && typeof code === 'number')
      return answeredError(code, `handshake with ${this.address}`, details)
    const why = message.replace(/^Connection error: /, '')
    return new BrokerError('UNREACHABLE', `Kafka at ${this.address} is unreachable: ${why}`, { cause, details })
  }
}

/**
 * kafkajs 2.2.4 re-arms a timer 800 times a second on a connection with nothing to do (its issue 1704). Only requests
 * held back by throttling need it.
 */
function quietIdleTimer(connection: Connection): void {
  const queue = connection.requestQueue
  const schedule = queue.scheduleCheckPendingRequests.bind(queue)
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0) schedule()
  }
}
