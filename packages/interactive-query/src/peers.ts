/** The client side of forwarding: asks another instance, with one connection pool per instance. */
import { lookup } from 'node:dns'
import { EventEmitter } from 'node:events'
import type { LookupFunction } from 'node:net'
import type { Logger } from '@millrace/core'
import { Pool, type Dispatcher } from 'undici'
import { isForbiddenAddress, isLoopbackHost, parsePeerAddress, type PeerAddress } from './peer-address.js'
import { FORWARDED_HEADER, SIGNATURE_HEADER, signRequest } from './peer-signature.js'
import { QueryProblem } from './query-problem.js'
import type { HostInfo, QueryableApplication } from './queryable-application.js'

/** How other instances are asked. */
export interface PeersOptions {
  /** For a whole answer about one key; for a range, for its head and between two parts of it. */
  readonly timeoutMs: number
  /** Largest answer about a key, and largest entry of a range. */
  readonly maxResponseBytes: number
  readonly secret?: string
}

export interface PeerAnswer {
  readonly status: number
  readonly body: Buffer
}

const CONNECTIONS_PER_PEER = 16

/** Never follows a redirect, and passes nothing of the client's request on but the path it is given. */
export class Peers {
  readonly #options: PeersOptions
  readonly #application: QueryableApplication
  readonly #logger: Logger
  readonly #pools = new Map<string, Pool>()

  constructor(options: PeersOptions, modules: { readonly application: QueryableApplication; readonly logger: Logger }) {
    this.#options = options
    this.#application = modules.application
    this.#logger = modules.logger
  }

  /** The instance's answer, whatever its status. Throws a 502 or 503 problem when there is none. */
  async get(owner: HostInfo, path: string): Promise<PeerAnswer> {
    const address = this.#admit(owner)
    // Cheaper than AbortSignal.timeout(), whose timer goes on when the answer is there.
    const deadline = new EventEmitter()
    const timer = setTimeout(() => deadline.emit('abort'), this.#options.timeoutMs)
    try {
      const response = await this.#request(address, path, deadline)
      return { status: response.statusCode, body: await this.#read(response, address) }
    } catch (error) {
      throw this.#failure(error, address)
    } finally {
      clearTimeout(timer)
    }
  }

  /** The lines of an NDJSON answer, read as fast as they are taken. Ends the request when it is returned early. */
  async *lines(owner: HostInfo, path: string): AsyncGenerator<string> {
    const address = this.#admit(owner)
    let response: Dispatcher.ResponseData | undefined
    try {
      response = await this.#request(address, path)
      if (response.statusCode !== 200) {
        throw refusal({ status: response.statusCode, body: await this.#read(response, address) }, address.authority)
      }
      let rest = ''
      for await (const part of response.body.setEncoding('utf8') as AsyncIterable<string>) {
        const lines = (rest + part).split('\n')
        rest = lines.pop() ?? ''
        if (rest.length > this.#options.maxResponseBytes) throw tooLarge(address)
        yield* lines
      }
      if (rest !== '') throw new Error('the answer ends in the middle of a line')
    } catch (error) {
      throw this.#failure(error, address)
    } finally {
      response?.body.on('error', () => undefined).destroy()
    }
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all(pools.map(pool => pool.destroy()))
  }

  #request(address: PeerAddress, path: string, signal?: EventEmitter): Promise<Dispatcher.ResponseData> {
    const { secret } = this.#options
    const headers: Record<string, string> = {
      [FORWARDED_HEADER]: '1',
      accept: 'application/json, application/x-ndjson'
    }
    if (secret !== undefined) headers[SIGNATURE_HEADER] = signRequest(secret, address.authority, path, Date.now())
    return this.#pool(address).request({ method: 'GET', path, headers, ...(signal === undefined ? {} : { signal }) })
  }

  /** Only what the grammar accepts, what the current assignment names, and loopback only among loopback instances. */
  #admit(owner: HostInfo): PeerAddress {
    const address = parsePeerAddress(owner.host, owner.port)
    const instances = this.#application.instances()
    const known = instances.some(it => !it.local && it.host === owner.host && it.port === owner.port)
    if (address === undefined || !known || (address.loopback && !this.#hasLoopbackAddress())) {
      this.#logger.warn(
        { host: owner.host, port: owner.port },
        'refused to connect to the address an instance advertises'
      )
      throw new QueryProblem(502, 'PEER_REFUSED', 'The owner of the key advertises an address that is not acceptable.')
    }
    return address
  }

  #hasLoopbackAddress(): boolean {
    return this.#application.instances().some(instance => instance.local && isLoopbackHost(instance.host))
  }

  #pool(address: PeerAddress): Pool {
    const existing = this.#pools.get(address.authority)
    if (existing !== undefined) return existing
    this.#dropDeparted()
    const { timeoutMs } = this.#options
    const pool = new Pool(`http://${address.authority}`, {
      connections: CONNECTIONS_PER_PEER,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connect: { timeout: timeoutMs, lookup: guardedLookup(address.loopback) }
    })
    this.#pools.set(address.authority, pool)
    return pool
  }

  #dropDeparted(): void {
    const present = new Set(this.#application.instances().map(it => parsePeerAddress(it.host, it.port)?.authority))
    for (const [authority, pool] of this.#pools) {
      if (present.has(authority)) continue
      this.#pools.delete(authority)
      pool.destroy().catch((error: unknown) => this.#logger.debug({ error }, 'closing a pool failed'))
    }
  }

  async #read(response: Dispatcher.ResponseData, address: PeerAddress): Promise<Buffer> {
    const parts: Buffer[] = []
    let size = 0
    for await (const part of response.body as AsyncIterable<Buffer>) {
      size += part.length
      if (size > this.#options.maxResponseBytes) throw tooLarge(address)
      parts.push(part)
    }
    return Buffer.concat(parts)
  }

  #failure(error: unknown, address: PeerAddress): QueryProblem {
    if (error instanceof QueryProblem) return error
    const details = { owner: address.authority }
    return new QueryProblem(
      503,
      'PEER_UNREACHABLE',
      'The instance that owns the key does not answer; its share is moved if it stays away.',
      { cause: error, details }
    )
  }
}

/** The problem that another instance's refusal means for the client of this one. */
export function refusal(answer: PeerAnswer, owner: string): QueryProblem {
  const details = { owner, ownerStatus: answer.status }
  switch (answer.status) {
    case 421:
    case 429:
    case 503:
      return new QueryProblem(
        503,
        'OWNER_NOT_READY',
        'The owner of the key is just changing or not ready. Ask again.',
        { details }
      )
    case 401:
    case 403:
      return new QueryProblem(
        502,
        'PEER_UNAUTHORIZED',
        'The owner refused this instance: give all instances the same peerSecret.',
        { details }
      )
    default:
      return new QueryProblem(502, 'PEER_FAILED', 'The owner of the key gave an answer that is of no use.', { details })
  }
}

function tooLarge(address: PeerAddress): QueryProblem {
  const details = { owner: address.authority }
  return new QueryProblem(502, 'PEER_ANSWER_TOO_LARGE', 'The owner sent more than maxResponseBytes.', { details })
}

/** Looks names up as ever, but refuses a name that leads to an address no instance can have. */
function guardedLookup(loopbackAllowed: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0)
      const bad = addresses.find(
        it => isForbiddenAddress(it.address) || (isLoopbackHost(it.address) && !loopbackAllowed)
      )
      const first = addresses[0]
      if (bad !== undefined || first === undefined) {
        return callback(new Error(`the name ${hostname} leads to an address that is not acceptable`), '', 0)
      }
      if (options.all === true) return callback(null, addresses)
      return callback(null, first.address, first.family)
    })
  }
}
