/** Which nodes there are, and how a request gets to the right one. */
import { BrokerError, type Logger } from '@millrace/core'
import { answeredError, isTransient } from '../errors.js'
import { formatAddress, type Address } from '../kafka-options.js'
import type { Api } from '../protocol/api.js'
import { findCoordinator } from '../protocol/find-coordinator.js'
import { metadata, type MetadataReply, type NodeAddress } from '../protocol/metadata.js'
import { Socket, type SocketOptions } from '../transport/socket.js'
import { NodeSockets, type Lane } from './node-sockets.js'
import { retrying } from './retry.js'

export interface ClusterOptions {
  readonly bootstrap: readonly Address[]
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly socket: SocketOptions
}

interface Reply {
  readonly throttleMs: number
}

/** How to ask a group's coordinator. */
export interface CoordinatorCall<Request, Answer extends Reply> {
  readonly api: Api<Request, Answer>
  readonly request: Request
  /** The error number in the answer, 0 for none. */
  readonly errorOf: (answer: Answer) => number
  /** Facts for the error's details. */
  readonly detailsOf?: (answer: Answer) => Record<string, unknown>
  /** May be kept waiting, so it goes over a connection of its own. */
  readonly alone?: boolean
  readonly timeoutMs?: number
}

/** All connections to a cluster. */
export class Cluster {
  readonly requestTimeoutMs: number
  readonly #options: ClusterOptions
  readonly #logger: Logger
  readonly #byAddress = new Map<string, NodeSockets>()
  readonly #nodes = new Map<number, NodeSockets>()
  readonly #coordinators = new Map<string, number>()
  readonly #closing = new AbortController()

  constructor(options: ClusterOptions, modules: { readonly logger: Logger }) {
    this.#options = options
    this.requestTimeoutMs = options.requestTimeoutMs
    this.#logger = modules.logger
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted
  }

  /** Reaches one of the bootstrap addresses and learns the nodes, or rejects with `BROKER_UNREACHABLE` when time is up. */
  async connect(): Promise<void> {
    const { connectTimeoutMs } = this.#options
    const addresses = this.#options.bootstrap.map(formatAddress).join(', ')
    let warned = false
    const timeUp = new AbortController()
    const timer = setTimeout(() => timeUp.abort(), connectTimeoutMs)
    const attempts = this.retrying(connectTimeoutMs, async remainingMs => {
      try {
        this.#learn(await this.#askOneOfAll(metadata, { topics: [] }, remainingMs, true))
      } catch (error) {
        if (!warned && isTransient(error)) this.#logger.warn({ error }, `still trying to reach Kafka at ${addresses}`)
        warned = true
        throw error
      }
    })
    try {
      await Promise.race([attempts, rejectOnAbort(timeUp.signal, () => unreachable(addresses, connectTimeoutMs))])
    } catch (cause) {
      attempts.catch(() => {})
      this.close()
      throw isTransient(cause) ? unreachable(addresses, connectTimeoutMs, cause) : cause
    } finally {
      clearTimeout(timer)
    }
    this.#closeUnlisted()
  }

  /** `retrying`, ended by `close`. */
  async retrying<T>(
    timeoutMs: number,
    attempt: (remainingMs: number) => Promise<T>,
    mayRepeat = isTransient as (error: unknown) => boolean
  ): Promise<T> {
    return retrying({ timeoutMs, signal: this.#closing.signal, mayRepeat }, remainingMs => {
      if (this.#closed) throw closedError()
      return attempt(remainingMs)
    })
  }

  /** Asks any node, and then the next. `repeatable: false`: not again once a broker may have seen the request. */
  async askAny<Request, Answer extends Reply>(
    api: Api<Request, Answer>,
    request: Request,
    { repeatable = true }: { readonly repeatable?: boolean } = {}
  ): Promise<Answer> {
    const mayRepeat = (error: unknown): boolean => isTransient(error) && (repeatable || error.details['sent'] !== true)
    return this.retrying(
      this.requestTimeoutMs,
      remainingMs => this.#askOneOfAll(api, request, remainingMs, repeatable),
      mayRepeat
    )
  }

  /** What a node that is found by itself knows of these topics. */
  async describe(topics?: readonly string[]): Promise<MetadataReply> {
    const reply = await this.askAny(metadata, topics === undefined ? {} : { topics })
    this.#learn(reply)
    return reply
  }

  /** What every node that can be reached knows of these topics. */
  async describeEverywhere(topics: readonly string[], timeoutMs: number): Promise<readonly MetadataReply[]> {
    const replies = await Promise.all(
      [...this.#nodes.keys()].map(async node => {
        try {
          return await this.ask(node, 'control', metadata, { topics }, timeoutMs)
        } catch (error) {
          if (!isTransient(error)) throw error
          return undefined
        }
      })
    )
    return replies.filter(reply => reply !== undefined)
  }

  /** One request to one node over a shared connection, once. */
  async ask<Request, Answer extends Reply>(
    node: number,
    lane: Lane,
    api: Api<Request, Answer>,
    request: Request,
    timeoutMs: number
  ): Promise<Answer> {
    const sockets = this.#nodes.get(node) ?? (await this.#lookUp(node))
    const socket = await sockets.shared(lane)
    return socket.request(api, request, timeoutMs)
  }

  /** One request to one node over a connection of its own, once. */
  async askAlone<Request, Answer extends Reply>(
    node: number,
    api: Api<Request, Answer>,
    request: Request,
    timeoutMs: number,
    signal?: AbortSignal
  ): Promise<Answer> {
    const sockets = this.#nodes.get(node) ?? (await this.#lookUp(node))
    return sockets.alone(api, request, timeoutMs, signal)
  }

  /** Asks the group's coordinator, which is found, found again when it moved, and waited for while it loads. */
  async askCoordinator<Request, Answer extends Reply>(
    groupId: string,
    call: CoordinatorCall<Request, Answer>
  ): Promise<Answer> {
    const { api, request, errorOf, detailsOf, alone = false, timeoutMs = this.requestTimeoutMs } = call
    return this.retrying(timeoutMs, async remainingMs => {
      try {
        const node = this.#coordinators.get(groupId) ?? (await this.#findCoordinator(groupId))
        const answer = await (alone
          ? this.askAlone(node, api, request, remainingMs)
          : this.ask(node, 'group', api, request, remainingMs))
        const errorCode = errorOf(answer)
        if (errorCode !== 0)
          throw answeredError(errorCode, `${api.name} request of group '${groupId}'`, {
            groupId,
            ...detailsOf?.(answer)
          })
        return answer
      } catch (error) {
        if (hasTimedOut(error) || isTransient(error)) this.#coordinators.delete(groupId)
        throw error
      }
    })
  }

  /** At once: every call that is unanswered rejects with `BROKER_CLOSED`. */
  close(): void {
    this.#closing.abort()
    for (const sockets of this.#byAddress.values()) sockets.close()
  }

  /** Goes through the nodes until one answers; each gets its share of the time, unless the request must not be repeated. */
  async #askOneOfAll<Request, Answer extends Reply>(
    api: Api<Request, Answer>,
    request: Request,
    timeoutMs: number,
    repeatable: boolean
  ): Promise<Answer> {
    const candidates = this.#candidates()
    const shareMs = repeatable ? timeoutMs / candidates.length : timeoutMs
    let failure: unknown
    for (const sockets of candidates) {
      try {
        const socket = await sockets.shared('control')
        return await socket.request(api, request, shareMs)
      } catch (error) {
        if (this.#closed) throw closedError()
        const goOn = repeatable
          ? isTransient(error) || hasTimedOut(error)
          : isTransient(error) && error.details['sent'] !== true
        if (!goOn) throw error
        failure = error
      }
    }
    throw failure
  }

  /** Nodes with an open connection first, then the others, and at last what the cluster was found by. */
  #candidates(): NodeSockets[] {
    const nodes = [...this.#nodes.values()]
    const bootstrap = this.#options.bootstrap.map(address => this.#at(address))
    const connected = nodes.filter(sockets => sockets.connected)
    return [...new Set([...connected, ...nodes, ...bootstrap])]
  }

  async #lookUp(node: number): Promise<NodeSockets> {
    if (this.#closed) throw closedError()
    await this.describe([])
    const sockets = this.#nodes.get(node)
    if (sockets !== undefined) return sockets
    throw new BrokerError('UNREACHABLE', `the Kafka cluster has no node ${node} at present`, { details: { node } })
  }

  async #findCoordinator(groupId: string): Promise<number> {
    const { errorCode, errorMessage, node } = await this.askAny(findCoordinator, { groupId })
    if (errorCode !== 0)
      throw answeredError(errorCode, `look-up of the coordinator of group '${groupId}'`, { groupId }, errorMessage)
    this.#learnNode(node)
    this.#coordinators.set(groupId, node.id)
    return node.id
  }

  #learn(reply: MetadataReply): void {
    for (const node of reply.nodes) this.#learnNode(node)
  }

  /** A node that is not mentioned may only be unknown to the one that was asked, so it is kept. */
  #learnNode({ id, host, port }: NodeAddress): void {
    const known = this.#nodes.get(id)
    if (known !== undefined && known.address.host === host && known.address.port === port) return
    this.#nodes.set(id, this.#at({ host, port }))
    if (known === undefined || [...this.#nodes.values()].includes(known)) return
    known.close()
    this.#byAddress.delete(formatAddress(known.address))
  }

  #at(address: Address): NodeSockets {
    const key = formatAddress(address)
    const known = this.#byAddress.get(key)
    if (known !== undefined) return known
    const { connectTimeoutMs, socket } = this.#options
    const openSocket = (to: Address): Promise<Socket> => {
      if (this.#closed) return Promise.reject(closedError())
      return Socket.open(to, connectTimeoutMs, socket, this.#logger)
    }
    const sockets = new NodeSockets(address, { openSocket })
    this.#byAddress.set(key, sockets)
    return sockets
  }

  /** Bootstrap addresses that are not also a node's are done with. */
  #closeUnlisted(): void {
    const listed = new Set(this.#nodes.values())
    for (const [key, sockets] of this.#byAddress) {
      if (listed.has(sockets)) continue
      sockets.close()
      this.#byAddress.delete(key)
    }
  }
}

function hasTimedOut(error: unknown): boolean {
  return error instanceof BrokerError && error.error === 'REQUEST_TIMED_OUT'
}

function closedError(): BrokerError {
  return new BrokerError('CLOSED', 'the connection to Kafka was closed')
}

function unreachable(addresses: string, timeoutMs: number, cause?: unknown): BrokerError {
  const why = cause instanceof Error ? ` (${cause.message})` : ''
  const message = `no Kafka broker at ${addresses} could be reached within ${timeoutMs} ms${why}: check the address, and that TLS and SASL are set as the broker wants them`
  return new BrokerError('UNREACHABLE', message, { cause, details: { addresses } })
}

/** Never resolves. */
export function rejectOnAbort(signal: AbortSignal, reason: () => Error): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(reason())
    else signal.addEventListener('abort', () => reject(reason()), { once: true })
  })
}
