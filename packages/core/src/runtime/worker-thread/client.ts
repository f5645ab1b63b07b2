/** A worker in a thread of its own, as the application's thread sees it. */
import { Worker } from 'node:worker_threads'
import { decode, encode, MillraceError, type StoreDefinition } from '@millrace/state'
import type { ThreadBroker } from '../../broker/broker.js'
import type { Logger } from '../../logger.js'
import type { Topology } from '../../topology/topology.js'
import type { EntryTimes, ScannedValue, ScanRange, WorkerEvent, WorkerHandle } from '../worker-handle.js'
import { fromErrorMessage } from './error-message.js'
import type {
  EncodedValue,
  RequestEnvelope,
  ScanPage,
  ThreadMessage,
  ThreadReply,
  ThreadRequest,
  ThreadStart
} from './messages.js'

interface Pending {
  resolve(result: ThreadReply): void
  reject(error: Error): void
}

export interface WorkerThreadModules {
  readonly topology: Topology
  readonly logger: Logger
  readonly broker: ThreadBroker
  onEvent(event: WorkerEvent): void
}

export class WorkerThread implements WorkerHandle {
  readonly #worker: Worker
  readonly #modules: WorkerThreadModules
  readonly #pending = new Map<number, Pending>()
  readonly #exited: Promise<void>
  #nextId = 1
  #stopped = false

  constructor(start: ThreadStart, modules: WorkerThreadModules) {
    this.#modules = modules
    this.#worker = new Worker(new URL('./entry.js', import.meta.url), {
      workerData: start,
      transferList: [...modules.broker.transfer],
      name: start.config.clientId
    })
    this.#worker.on('message', (message: ThreadMessage) => this.#receive(message))
    this.#exited = new Promise(resolve => {
      this.#worker.once('error', (error: unknown) => this.#end(asError(error)))
      this.#worker.once('exit', code => {
        this.#end(
          new MillraceError('WORKER_FAILED', `The worker thread ${start.config.clientId} ended with exit code ${code}.`)
        )
        resolve()
      })
    })
  }

  async start(): Promise<void> {
    await this.#ask({ type: 'start' })
  }

  async stop(): Promise<void> {
    if (!this.#stopped) {
      this.#stopped = true
      this.#worker.postMessage({ id: 0, request: { type: 'stop' } } satisfies RequestEnvelope)
    }
    await this.#exited
  }

  async commit(): Promise<void> {
    await this.#ask({ type: 'commit' })
  }

  async get(store: string, partition: number, key: unknown, at: EntryTimes = {}): Promise<ScannedValue | undefined> {
    const definition = this.#definition(store)
    const asked = { store, partition, key: encode(definition.key, key), ...at }
    const found = (await this.#ask({ type: 'get', ...asked })) as EncodedValue | undefined
    return found === undefined ? undefined : decodeValue(definition, found)
  }

  async count(store: string, partition: number): Promise<number> {
    return (await this.#ask({ type: 'count', store, partition })) as number
  }

  async *scan(store: string, partition: number, range: ScanRange): AsyncIterable<[unknown, ScannedValue]> {
    const definition = this.#definition(store)
    const { from, to, ...rest } = range
    const bounds = {
      ...(from === undefined ? {} : { from: encode(definition.key, from) }),
      ...(to === undefined ? {} : { to: encode(definition.key, to) })
    }
    let page = (await this.#ask({ type: 'scan', store, partition, ...rest, ...bounds })) as ScanPage
    try {
      for (;;) {
        for (const [key, value] of page.entries) {
          yield [decode(definition.key, asBuffer(key)), decodeValue(definition, value)]
        }
        const { scan } = page
        if (scan === undefined) return
        // What fails is closed in the thread.
        page = { entries: [], scan: undefined }
        page = (await this.#ask({ type: 'scan-on', scan })) as ScanPage
      }
    } finally {
      if (page.scan !== undefined && !this.#stopped) await this.#ask({ type: 'scan-end', scan: page.scan })
    }
  }

  #definition(store: string): StoreDefinition {
    return this.#modules.topology.stores.get(store)!
  }

  #ask(request: ThreadRequest): Promise<ThreadReply> {
    if (this.#stopped) return Promise.reject(new MillraceError('NOT_RUNNING', 'The application is not running.'))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#worker.postMessage({ id, request } satisfies RequestEnvelope)
    })
  }

  #receive(message: ThreadMessage): void {
    if (message.type === 'log') {
      this.#modules.logger[message.level](Object.fromEntries(message.facts), message.message)
    } else if (message.type === 'event') {
      const { event } = message
      this.#modules.onEvent(event.type === 'error' ? { type: 'error', error: fromErrorMessage(event.error) } : event)
    } else {
      const pending = this.#pending.get(message.id)
      this.#pending.delete(message.id)
      if (message.type === 'reply') pending?.resolve(message.result)
      else pending?.reject(fromErrorMessage(message.error))
    }
  }

  /** The thread is gone: whoever waits for an answer is told, and the application if nobody asked it to go. */
  #end(error: MillraceError): void {
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    if (this.#stopped) return
    this.#stopped = true
    this.#modules.onEvent({ type: 'error', error })
  }
}

function decodeValue(definition: StoreDefinition, { value, ...times }: EncodedValue): ScannedValue {
  return { value: decode(definition.value, asBuffer(value)), ...times }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function asError(error: unknown): MillraceError {
  const reason = error instanceof Error ? error.message : String(error)
  return new MillraceError('WORKER_FAILED', `A worker thread broke down: ${reason}`, { cause: error })
}
