/**
 * The connections to one node, apart by what goes over them: a broker answers the requests of one connection one after the
 * other, so a call that waits holds up all behind it.
 */
import { BrokerError } from '@millrace/core'
import type { Socket } from '../transport/socket.js'
import type { Address } from '../kafka-options.js'
import type { Api } from '../protocol/api.js'

/** Connections that many calls share: short requests about topics and the like, short requests of groups, and produce. */
export type Lane = 'control' | 'group' | 'produce'

/** More than this many long polls at once are rare; their connections are closed afterwards. */
const MOST_IDLE = 4

interface Opening {
  readonly promise: Promise<Socket>
  socket?: Socket
}

/** Opens connections to one address as they are needed. */
export class NodeSockets {
  readonly address: Address
  readonly #openSocket: (address: Address) => Promise<Socket>
  readonly #shared = new Map<Lane, Opening>()
  readonly #idle: Socket[] = []
  readonly #borrowed = new Set<Socket>()
  #closed = false

  constructor(address: Address, modules: { readonly openSocket: (address: Address) => Promise<Socket> }) {
    this.address = address
    this.#openSocket = modules.openSocket
  }

  /** Whether a request about topics could go out at once. */
  get connected(): boolean {
    return this.#shared.get('control')?.socket?.open === true
  }

  /** The connection of a lane. Callers get it in the order they asked, so what they send stays in that order. */
  shared(lane: Lane): Promise<Socket> {
    const known = this.#shared.get(lane)
    if (known !== undefined && (known.socket === undefined || known.socket.open)) return known.promise
    const opening: Opening = { promise: this.#open() }
    this.#shared.set(lane, opening)
    opening.promise.then(
      socket => {
        opening.socket = socket
      },
      () => {
        if (this.#shared.get(lane) === opening) this.#shared.delete(lane)
      }
    )
    return opening.promise
  }

  /** A request that may be kept waiting by the broker, on a connection that it has to itself. */
  async alone<Request, Reply extends { readonly throttleMs: number }>(
    api: Api<Request, Reply>,
    request: Request,
    timeoutMs: number,
    signal?: AbortSignal
  ): Promise<Reply> {
    const socket = await this.#borrow()
    try {
      if (signal?.aborted === true) throw new BrokerError('CLOSED', `the ${api.name} request was aborted`)
      return await socket.request(api, request, timeoutMs)
    } finally {
      this.#giveBack(socket)
    }
  }

  /** At once. */
  close(): void {
    this.#closed = true
    for (const { socket } of this.#shared.values()) socket?.close()
    for (const socket of [...this.#idle, ...this.#borrowed]) socket.close()
    this.#shared.clear()
    this.#idle.length = 0
    this.#borrowed.clear()
  }

  async #open(): Promise<Socket> {
    const socket = await this.#openSocket(this.address)
    if (!this.#closed) return socket
    socket.close()
    throw new BrokerError('CLOSED', `the connection to ${socket.address} was closed`)
  }

  async #borrow(): Promise<Socket> {
    let socket = this.#idle.pop()
    while (socket !== undefined && !socket.open) socket = this.#idle.pop()
    socket ??= await this.#open()
    this.#borrowed.add(socket)
    return socket
  }

  #giveBack(socket: Socket): void {
    this.#borrowed.delete(socket)
    if (this.#closed || this.#idle.length >= MOST_IDLE) socket.close()
    else if (socket.open) this.#idle.push(socket)
  }
}
