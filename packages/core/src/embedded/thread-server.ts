/** The log's side of a port: answers the calls of one worker thread. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Broker, BrokerConnection, FetchRequest, ThreadBroker } from '../broker/broker.js'
import { BrokerError } from '../broker/broker.js'
import { silentLogger } from '../logger.js'
import {
  describeError,
  packBuffers,
  unpackBuffers,
  type ThreadData,
  type ThreadReply,
  type ThreadRequest
} from './thread-messages.js'

/** Opens a port to `broker` for one thread. `close` ends it from this side; all its calls then reject there. */
export function offerToThread(broker: Broker): { readonly threadBroker: ThreadBroker; close(): void } {
  const { port1, port2 } = new MessageChannel()
  const server = new ThreadServer({ broker, port: port1 })
  const data: ThreadData = { port: port2, description: broker.description }
  return {
    threadBroker: { module: new URL('./thread-broker.js', import.meta.url).href, data, transfer: [port2] },
    close: () => server.close()
  }
}

class ThreadServer {
  readonly #broker: Broker
  readonly #port: MessagePort
  readonly #connections = new Map<number, Promise<BrokerConnection>>()
  readonly #aborts = new Map<number, AbortController>()

  constructor(modules: { readonly broker: Broker; readonly port: MessagePort }) {
    this.#broker = modules.broker
    this.#port = modules.port
    this.#port.on('message', (request: ThreadRequest) => this.#receive(request))
    // Also when the thread ends: what it had open is closed, so that its fetches stop.
    this.#port.on('close', () => this.#closeConnections())
    this.#port.unref()
  }

  close(): void {
    this.#port.close()
  }

  #receive(request: ThreadRequest): void {
    if (request.type === 'abort') {
      this.#aborts.get(request.call)?.abort()
      return
    }
    const answer =
      request.type === 'connect'
        ? this.#connect(request)
        : request.method === 'fetch'
          ? this.#fetch(request)
          : this.#call(request)
    answer
      .then(
        value => this.#reply({ type: 'result', call: request.call, value }),
        (error: unknown) => this.#reply({ type: 'error', call: request.call, error: describeError(error) })
      )
      .catch((error: unknown) => {
        this.#reply({ type: 'error', call: request.call, error: describeError(error) })
      })
  }

  async #connect(request: Extract<ThreadRequest, { type: 'connect' }>): Promise<void> {
    const connecting = this.#broker.connect({ clientId: request.clientId, logger: silentLogger })
    this.#connections.set(request.connection, connecting)
    await connecting
  }

  async #call(request: Extract<ThreadRequest, { type: 'call' }>, abort?: AbortController): Promise<unknown> {
    const connection = await this.#connections.get(request.connection)
    if (connection === undefined) throw new BrokerError('CLOSED', 'The connection is closed.')
    const args = unpackBuffers(request.args) as unknown[]
    if (request.method === 'close') this.#connections.delete(request.connection)
    if (abort !== undefined) {
      return connection.fetch(args[0] as number, args[1] as FetchRequest, abort.signal)
    }
    const method = connection[request.method] as (...args: unknown[]) => Promise<unknown>
    return method.apply(connection, args)
  }

  /** Can be called off from the moment the request is here. */
  async #fetch(request: Extract<ThreadRequest, { type: 'call' }>): Promise<unknown> {
    const abort = new AbortController()
    this.#aborts.set(request.call, abort)
    try {
      return await this.#call(request, abort)
    } finally {
      this.#aborts.delete(request.call)
    }
  }

  #reply(reply: ThreadReply): void {
    const { value, transfer } = packBuffers(reply)
    this.#port.postMessage(value, transfer)
  }

  #closeConnections(): void {
    for (const connecting of this.#connections.values()) {
      // One that could not be opened has told its caller.
      connecting.then(connection => connection.close()).catch(() => {})
    }
    this.#connections.clear()
  }
}
