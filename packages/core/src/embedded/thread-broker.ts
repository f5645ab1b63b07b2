/** The worker thread's side of a port to the embedded log: a broker whose calls travel to the thread that has it. */
import type { MessagePort } from 'node:worker_threads'
import {
  BrokerError,
  type Broker,
  type BrokerConnection,
  type ConnectOptions,
  type ThreadBroker
} from '../broker/broker.js'
import {
  packBuffers,
  rebuildError,
  unpackBuffers,
  type ConnectionMethod,
  type ThreadData,
  type ThreadReply,
  type ThreadRequest
} from './thread-messages.js'

/** Entry point named by `forThread`; `data` is what that gave. */
export function brokerForThread(data: unknown): Broker {
  const { port, description } = data as ThreadData
  return new PortBroker({ description }, { port })
}

interface PendingCall {
  resolve(value: unknown): void
  reject(error: Error): void
}

class PortBroker implements Broker {
  readonly description: string
  readonly #port: MessagePort
  readonly #pending = new Map<number, PendingCall>()
  #lastCall = 0
  #lastConnection = 0
  #closed = false

  constructor(options: { readonly description: string }, modules: { readonly port: MessagePort }) {
    this.description = options.description
    this.#port = modules.port
    this.#port.on('message', (reply: ThreadReply) => this.#receive(reply))
    this.#port.on('close', () => this.#portClosed())
    // An idle connection does not keep the thread alive; a pending call does.
    this.#port.unref()
  }

  async connect(options: ConnectOptions): Promise<BrokerConnection> {
    const connection = ++this.#lastConnection
    await this.#request(call => ({ type: 'connect', call, connection, clientId: options.clientId }))
    return new PortConnection((method, args, signal) =>
      this.#request(call => ({ type: 'call', call, connection, method, args }), signal)
    )
  }

  forThread(): ThreadBroker {
    throw new BrokerError('UNKNOWN', `The ${this.description} can be handed on only by the thread that opened it.`)
  }

  close(): Promise<void> {
    this.#port.close()
    this.#portClosed()
    return Promise.resolve()
  }

  #request(make: (call: number) => ThreadRequest, signal?: AbortSignal): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closedError())
    const call = ++this.#lastCall
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#port.postMessage({ type: 'abort', call } satisfies ThreadRequest)
        this.#pending.get(call)?.reject(new BrokerError('CLOSED', 'The fetch was called off.'))
      }
      const done = (): void => {
        signal?.removeEventListener('abort', onAbort)
        this.#pending.delete(call)
        if (this.#pending.size === 0) this.#port.unref()
      }
      this.#pending.set(call, {
        resolve: value => {
          done()
          resolve(value)
        },
        reject: error => {
          done()
          reject(error)
        }
      })
      this.#port.ref()
      const { value, transfer } = packBuffers(make(call))
      this.#port.postMessage(value, transfer)
      if (signal?.aborted) onAbort()
      else signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  #receive(reply: ThreadReply): void {
    const pending = this.#pending.get(reply.call)
    if (reply.type === 'result') pending?.resolve(unpackBuffers(reply.value))
    else pending?.reject(rebuildError(reply.error))
  }

  #portClosed(): void {
    this.#closed = true
    for (const pending of [...this.#pending.values()]) pending.reject(this.#closedError())
  }

  #closedError(): BrokerError {
    return new BrokerError('CLOSED', `The ${this.description} is closed.`)
  }
}

type Forward = (method: ConnectionMethod, args: readonly unknown[], signal?: AbortSignal) => Promise<unknown>
type Call<M extends ConnectionMethod> = BrokerConnection[M]

/** Sends each call on as it is. */
class PortConnection implements BrokerConnection {
  readonly #forward: Forward
  #closed = false

  constructor(forward: Forward) {
    this.#forward = forward
  }

  listTopics: Call<'listTopics'> = () => this.#call('listTopics', [])
  describeTopics: Call<'describeTopics'> = names => this.#call('describeTopics', [names])
  createTopics: Call<'createTopics'> = topics => this.#call('createTopics', [topics])
  deleteTopics: Call<'deleteTopics'> = names => this.#call('deleteTopics', [names])
  deleteRecords: Call<'deleteRecords'> = before => this.#call('deleteRecords', [before])
  listOffsets: Call<'listOffsets'> = (partitions, position) => this.#call('listOffsets', [partitions, position])
  initProducerId: Call<'initProducerId'> = () => this.#call('initProducerId', [])
  produce: Call<'produce'> = (node, batches) => this.#call('produce', [node, batches])
  fetch: Call<'fetch'> = (node, request, signal) => this.#call('fetch', [node, request], signal)
  joinGroup: Call<'joinGroup'> = request => this.#call('joinGroup', [request])
  syncGroup: Call<'syncGroup'> = request => this.#call('syncGroup', [request])
  heartbeat: Call<'heartbeat'> = membership => this.#call('heartbeat', [membership])
  leaveGroup: Call<'leaveGroup'> = membership => this.#call('leaveGroup', [membership])
  commitOffsets: Call<'commitOffsets'> = (member, offsets) => this.#call('commitOffsets', [member, offsets])
  fetchOffsets: Call<'fetchOffsets'> = (groupId, partitions) => this.#call('fetchOffsets', [groupId, partitions])

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#forward('close', [])
  }

  async #call<T>(method: ConnectionMethod, args: readonly unknown[], signal?: AbortSignal): Promise<T> {
    if (this.#closed) throw new BrokerError('CLOSED', `The connection to the embedded log is closed (${method}).`)
    return (await this.#forward(method, args, signal)) as T
  }
}
