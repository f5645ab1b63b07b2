/** The client side of forwarding: asks another instance, with one connection pool per instance. */
import { lookup } from 'node:dns'
import type { EventEmitter } from 'node:events'
import type { LookupFunction } from 'node:net'
import type { Logger } from '@millrace/core'
import { Pool, type Dispatcher } from 'undici'
import { FORWARDED_KEYS_PATH, FORWARDED_KEYS_TYPE } from './forwarded-keys.js'
import type { ForwardedQuestion } from './key-question.js'
import { isForbiddenAddress, isLoopbackHost, parsePeerAddress, type PeerAddress } from './peer-address.js'
import { answerTooLarge, peerUnreachable, refusal } from './peer-problems.js'
import { type PeerAnswer, PeerQuestions } from './peer-questions.js'
import { FORWARDED_HEADER, SIGNATURE_HEADER, signRequest } from './peer-signature.js'
import { QueryProblem } from './query-problem.js'
import type { ApplicationInstance, HostInfo, QueryableApplication } from './queryable-application.js'
import { readLines } from './read-lines.js'

/** How other instances are asked. */
export interface PeersOptions {
  /** For a whole answer about one key; for a range, for its head and between two parts of it. */
  readonly timeoutMs: number
  /** Largest answer about a key, and largest entry of a range. */
  readonly maxResponseBytes: number
  /** Where all instances have mounted the routes. */
  readonly prefix: string
  readonly secret?: string
}

const CONNECTIONS_PER_PEER = 16

interface Peer {
  readonly pool: Pool
  readonly questions: PeerQuestions
}

interface PeerRequest {
  readonly path: string
  /** Of a POST; undefined for a GET. */
  readonly body?: string
  readonly abort?: EventEmitter
}

/** Never follows a redirect, and passes nothing of the client's request on but what is asked. */
export class Peers {
  readonly #options: PeersOptions
  readonly #application: QueryableApplication
  readonly #logger: Logger
  readonly #peers = new Map<string, Peer>()
  #judged: { readonly instances: unknown; readonly acceptable: ReadonlyMap<string, PeerAddress> } | undefined

  constructor(options: PeersOptions, modules: { readonly application: QueryableApplication; readonly logger: Logger }) {
    this.#options = options
    this.#application = modules.application
    this.#logger = modules.logger
  }

  /** The instance's answer, whatever its status. Throws a 502 or 503 problem when there is none. */
  async ask(owner: HostInfo, question: ForwardedQuestion): Promise<PeerAnswer> {
    const address = this.#admit(owner)
    try {
      return await this.#peer(address).questions.ask(question)
    } catch (error) {
      throw this.#failure(error, address)
    }
  }

  /** The lines of an NDJSON answer, read as fast as they are taken. Ends the request when it is returned early. */
  async *lines(owner: HostInfo, path: string): AsyncGenerator<string> {
    const address = this.#admit(owner)
    let response: Dispatcher.ResponseData | undefined
    try {
      response = await this.#request(address, this.#peer(address).pool, { path })
      if (response.statusCode !== 200) throw refusal({ status: response.statusCode }, address.authority)
      for await (const line of readLines(response.body as AsyncIterable<Buffer>, this.#options.maxResponseBytes)) {
        if (line === undefined) throw answerTooLarge(address.authority)
        yield line.toString('utf8')
      }
    } catch (error) {
      throw this.#failure(error, address)
    } finally {
      response?.body.on('error', () => undefined).destroy()
    }
  }

  async close(): Promise<void> {
    const peers = [...this.#peers.values()]
    this.#peers.clear()
    await Promise.all(peers.map(closePeer))
  }

  #request(address: PeerAddress, pool: Pool, { path, body, abort }: PeerRequest): Promise<Dispatcher.ResponseData> {
    const { secret } = this.#options
    const { authority } = address
    const method = body === undefined ? 'GET' : 'POST'
    const headers: Record<string, string> = { [FORWARDED_HEADER]: '1' }
    if (body === undefined) headers['accept'] = 'application/x-ndjson'
    else headers['content-type'] = FORWARDED_KEYS_TYPE
    if (secret !== undefined)
      headers[SIGNATURE_HEADER] = signRequest(secret, { method, authority, path, body }, Date.now())
    return pool.request({
      method,
      path,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(abort === undefined ? {} : { signal: abort })
    })
  }

  #admit(owner: HostInfo): PeerAddress {
    const address = this.#acceptable().get(spot(owner))
    if (address !== undefined) return address
    this.#logger.warn(
      { host: owner.host, port: owner.port },
      'refused to connect to the address an instance advertises'
    )
    throw new QueryProblem(502, 'PEER_REFUSED', 'The owner of the key advertises an address that is not acceptable.')
  }

  /** By `spot`. Judged once for an assignment. */
  #acceptable(): ReadonlyMap<string, PeerAddress> {
    const instances = this.#application.instances()
    if (this.#judged?.instances !== instances) this.#judged = { instances, acceptable: acceptableOf(instances) }
    return this.#judged.acceptable
  }

  #peer(address: PeerAddress): Peer {
    const { authority } = address
    const existing = this.#peers.get(authority)
    if (existing !== undefined) return existing
    this.#dropDeparted()
    const { timeoutMs, maxResponseBytes, prefix } = this.#options
    const pool = new Pool(`http://${authority}`, {
      connections: CONNECTIONS_PER_PEER,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connect: { timeout: timeoutMs, lookup: guardedLookup(address.loopback) }
    })
    const path = prefix + FORWARDED_KEYS_PATH
    const post = (body: string, abort: EventEmitter) => this.#request(address, pool, { path, body, abort })
    const peer = { pool, questions: new PeerQuestions({ timeoutMs, maxResponseBytes, owner: authority }, { post }) }
    this.#peers.set(authority, peer)
    return peer
  }

  #dropDeparted(): void {
    const present = new Set([...this.#acceptable().values()].map(({ authority }) => authority))
    for (const [authority, peer] of this.#peers) {
      if (present.has(authority)) continue
      this.#peers.delete(authority)
      closePeer(peer).catch((error: unknown) => this.#logger.debug({ error }, 'closing a pool failed'))
    }
  }

  #failure(error: unknown, { authority }: PeerAddress): QueryProblem {
    return error instanceof QueryProblem ? error : peerUnreachable(authority, error)
  }
}

/** Only what the grammar accepts of what the current assignment names, and loopback only among loopback instances. */
function acceptableOf(instances: readonly ApplicationInstance[]): ReadonlyMap<string, PeerAddress> {
  const here = instances.some(({ local, host }) => local && isLoopbackHost(host))
  const acceptable = new Map<string, PeerAddress>()
  for (const { local, host, port } of instances) {
    const address = parsePeerAddress(host, port)
    if (!local && address !== undefined && (here || !address.loopback)) acceptable.set(spot({ host, port }), address)
  }
  return acceptable
}

/** An address as it was advertised, unread. */
function spot({ host, port }: HostInfo): string {
  return `${port} ${host}`
}

function closePeer({ pool, questions }: Peer): Promise<void> {
  questions.close()
  return pool.destroy()
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
