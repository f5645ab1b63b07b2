/** The thread's side: builds a StreamWorker from what it was started with and does what it is told. */
import { parentPort, workerData } from 'node:worker_threads'
import {
  decode,
  encode,
  latin1,
  levelEngine,
  memoryEngine,
  MillraceError,
  StateDirectory,
  type StoreDefinition,
  type Timestamped
} from '@millrace/state'
import type { Broker } from '../../broker/broker.js'
import { systemClock } from '../../clock.js'
import type { Logger } from '../../logger.js'
import { StreamWorker } from '../stream-worker.js'
import { planTasks } from '../task-plan.js'
import { loadTopology } from '../topology-module.js'
import { toErrorMessage } from './error-message.js'
import type { EncodedValue, RequestEnvelope, ScanPage, ThreadMessage, ThreadRequest, ThreadStart } from './messages.js'

/** Entries of a scan that travel together. */
const PAGE_ENTRIES = 1000

if (parentPort === null)
  throw new MillraceError('WORKER_FAILED', 'This module is the entry of a worker thread; do not import it.')
const port = parentPort
const start = workerData as ThreadStart

const logger: Logger = {
  debug: (facts, message) => log('debug', facts, message),
  info: (facts, message) => log('info', facts, message),
  warn: (facts, message) => log('warn', facts, message),
  error: (facts, message) => log('error', facts, message)
}

let worker: StreamWorker | undefined
let definitions: ReadonlyMap<string, StoreDefinition> = new Map()

port.on('message', ({ id, request }: RequestEnvelope) => {
  handle(request).then(
    result => post({ type: 'reply', id, result }),
    (error: unknown) => post({ type: 'refusal', id, error: toErrorMessage(error) })
  )
})

async function handle(request: ThreadRequest): Promise<EncodedValue | ScanPage | undefined> {
  if (request.type === 'start') return startWorker()
  if (request.type === 'stop') {
    await worker?.stop()
    port.close()
    return undefined
  }
  if (worker === undefined) throw new MillraceError('NOT_RUNNING', 'The worker thread has not started yet.')
  if (request.type === 'commit') return worker.commit().then(() => undefined)
  const definition = definitions.get(request.store)!
  if (request.type === 'scan') return scan(worker, definition, request)
  const found = await worker.get(request.store, request.partition, decode(definition.key, Buffer.from(request.key)))
  return found === undefined ? undefined : encodeValue(definition, found)
}

async function startWorker(): Promise<undefined> {
  const topology = await loadTopology(start.topology)
  definitions = topology.stores
  const { brokerForThread } = (await import(start.broker.module)) as { brokerForThread(data: unknown): Broker }
  const broker = brokerForThread(start.broker.data)
  const plan = planTasks(
    { applicationId: start.config.applicationId, replicationFactor: start.replicationFactor },
    { topology, partitionCounts: start.partitionCounts }
  )
  const engine = start.stateEngine === 'memory' ? memoryEngine() : levelEngine()
  worker = new StreamWorker(start.config, {
    topology,
    plan,
    connect: clientId => broker.connect({ clientId, logger }),
    engine,
    stateDirectory: await StateDirectory.open(start.stateDirectory, { engine }),
    logger,
    clock: systemClock,
    onEvent: event =>
      post({
        type: 'event',
        event: event.type === 'error' ? { type: 'error', error: toErrorMessage(event.error) } : event
      })
  })
  await worker.start()
  return undefined
}

async function scan(
  from: StreamWorker,
  definition: StoreDefinition,
  request: ThreadRequest & { type: 'scan' }
): Promise<ScanPage> {
  const bound = (bytes: Uint8Array | undefined): unknown =>
    bytes === undefined ? undefined : decode(definition.key, Buffer.from(bytes))
  // A page goes on at the last key of the one before, which is then left out.
  const [low, high] = request.reverse
    ? [request.from, request.after ?? request.to]
    : [request.after ?? request.from, request.to]
  const after = request.after === undefined ? undefined : Buffer.from(request.after).toString('latin1')
  const entries: [Uint8Array, EncodedValue][] = []
  const range = {
    reverse: request.reverse,
    ...(low === undefined ? {} : { from: bound(low) }),
    ...(high === undefined ? {} : { to: bound(high) })
  }
  for await (const [key, value] of from.scan(request.store, request.partition, range)) {
    if (after !== undefined && latin1(definition.key, key) === after) continue
    entries.push([encode(definition.key, key), encodeValue(definition, value)])
    if (entries.length === PAGE_ENTRIES) return { entries, done: false }
  }
  return { entries, done: true }
}

function encodeValue(definition: StoreDefinition, { value, timestamp }: Timestamped<unknown>): EncodedValue {
  return { value: encode(definition.value, value), timestamp }
}

function log(level: 'debug' | 'info' | 'warn' | 'error', facts: object, message: string): void {
  const shown = Object.entries(facts).map(
    ([name, value]) => [name, value instanceof Error ? value.message : String(value)] as const
  )
  post({ type: 'log', level, facts: new Map(shown), message })
}

function post(message: ThreadMessage): void {
  port.postMessage(message)
}
