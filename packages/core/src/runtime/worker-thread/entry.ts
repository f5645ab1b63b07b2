/** The thread's side: builds a StreamWorker from what it was started with and does what it is told. */
import { parentPort, workerData } from 'node:worker_threads'
import { decode, levelEngine, memoryEngine, MillraceError, StateDirectory, type StoreDefinition } from '@millrace/state'
import type { Broker } from '../../broker/broker.js'
import { systemClock } from '../../clock.js'
import type { Logger } from '../../logger.js'
import { StreamWorker } from '../stream-worker.js'
import { planTasks } from '../task-plan.js'
import { loadTopology } from '../topology-module.js'
import { toErrorMessage } from './error-message.js'
import { encodeValue, OpenScans } from './open-scans.js'
import type { RequestEnvelope, ThreadMessage, ThreadReply, ThreadRequest, ThreadStart } from './messages.js'

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
const scans = new OpenScans()
let definitions: ReadonlyMap<string, StoreDefinition> = new Map()

port.on('message', ({ id, request }: RequestEnvelope) => {
  handle(request).then(
    result => post({ type: 'reply', id, result }),
    (error: unknown) => post({ type: 'refusal', id, error: toErrorMessage(error) })
  )
})

async function handle(request: ThreadRequest): Promise<ThreadReply> {
  if (request.type === 'start') return startWorker()
  if (request.type === 'stop') {
    await worker?.stop()
    port.close()
    return undefined
  }
  if (worker === undefined) throw new MillraceError('NOT_RUNNING', 'The worker thread has not started yet.')
  if (request.type === 'commit') return worker.commit().then(() => undefined)
  if (request.type === 'scan-on') return scans.next(request.scan)
  if (request.type === 'scan-end') return scans.end(request.scan).then(() => undefined)
  if (request.type === 'count') return worker.count(request.store, request.partition)
  const definition = definitions.get(request.store)!
  if (request.type === 'scan') return scans.begin(worker, definition, request)
  const { type: _, store, partition, key, ...at } = request
  const found = await worker.get(store, partition, decode(definition.key, Buffer.from(key)), at)
  return found === undefined ? undefined : encodeValue(definition, found)
}

async function startWorker(): Promise<undefined> {
  const topology = await loadTopology(start.topology)
  definitions = topology.stores
  const { brokerForThread } = (await import(start.broker.module)) as { brokerForThread(data: unknown): Broker }
  const broker = brokerForThread(start.broker.data)
  const plan = planTasks(start.config, { topology, partitionCounts: start.partitionCounts })
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

function log(level: 'debug' | 'info' | 'warn' | 'error', facts: object, message: string): void {
  const shown = Object.entries(facts).map(
    ([name, value]) => [name, value instanceof Error ? value.message : String(value)] as const
  )
  post({ type: 'log', level, facts: new Map(shown), message })
}

function post(message: ThreadMessage): void {
  port.postMessage(message)
}
