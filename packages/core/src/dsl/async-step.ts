/** Adds an operator whose function returns promises, and checks how its calls are to be made. */
import { latin1, MillraceError, type Serde } from '@millrace/state'
import type { AsyncManner, AsyncPolicy } from '../operators/async-call.js'
import type { Operator } from '../operators/operator.js'
import { PREFIX } from '../operators/prefixes.js'
import type { AsyncOptions } from './async-options.js'
import type { KStream } from './kstream.js'
import type { KeyValueOptions } from './options.js'
import { requireSerde, type StreamOrigin } from './origin.js'

interface AsyncStepPlan<K, Rec, R> {
  readonly method: 'mapValuesAsync' | 'flatMapValuesAsync' | 'foreachAsync' | 'processAsync' | 'processValuesAsync'
  operator(manner: AsyncManner<Rec, R>): Operator
  /** The option that has the serde of the keys that come in. */
  readonly keyField: 'key' | 'inputKey'
  readonly inputKey: Serde<K> | undefined
  readonly keyChanged: boolean
}

/** Throws `ASYNC_OPTIONS_INVALID`, and `TOPOLOGY_SERDE_MISSING` where keys are to be told apart and cannot be written. */
export function addAsync<K, Rec, R, KR, VR>(
  { graph, makeStream, ...origin }: StreamOrigin<K, any>,
  { method, operator, keyField, inputKey = origin.key, keyChanged }: AsyncStepPlan<K, Rec, R>,
  options: AsyncOptions<Rec, R> & KeyValueOptions<KR, VR>
): KStream<KR, VR> {
  const node = graph.names.node(PREFIX[method], options.name)
  const keySerde = (): Serde<K> => requireSerde(inputKey, { field: keyField, by: method, node, passTo: `${method}()` })
  graph.add({
    kind: 'processor',
    name: node,
    operator: operator({ policy: policyOf(node, keySerde, options), fallback: options.fallback }),
    stores: [],
    predecessors: [origin.node]
  })
  const key = options.key ?? (keyChanged ? undefined : (origin.key as Serde<any> | undefined))
  return makeStream<KR, VR>({
    ...origin,
    graph,
    makeStream,
    node,
    key,
    value: options.value,
    keyChanged: keyChanged || origin.keyChanged
  })
}

function policyOf<K>(node: string, keySerde: () => Serde<K>, options: AsyncOptions<any, any>): AsyncPolicy {
  const { order = 'per-key', concurrency = 16, timeoutMs = 30_000, retry = { attempts: 1 } } = options
  const { attempts, backoffMs = 100, maxBackoffMs = 1000, when: retryable = () => true } = retry
  if (!['per-key', 'per-partition', 'none'].includes(order)) {
    throw invalid(node, 'order', order, "'per-key', 'per-partition' or 'none'")
  }
  whole(node, 'concurrency', concurrency, 1, 10_000)
  whole(node, 'timeoutMs', timeoutMs, 1, 3_600_000)
  whole(node, 'retry.attempts', attempts, 1, 1000)
  whole(node, 'retry.backoffMs', backoffMs, 0, 3_600_000)
  whole(node, 'retry.maxBackoffMs', maxBackoffMs, 0, 3_600_000)
  const inOrder = order === 'per-partition'
  const policy = { inOrder, concurrency, timeoutMs, attempts, backoffMs, maxBackoffMs, retryable }
  if (order !== 'per-key') return policy
  const serde = keySerde()
  return { ...policy, lane: (value: K) => latin1(serde, value) }
}

function whole(node: string, field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw invalid(node, field, value, `a whole number from ${least} to ${most}`)
}

function invalid(node: string, field: string, value: unknown, wanted: string): MillraceError {
  return new MillraceError('ASYNC_OPTIONS_INVALID', `${node} was given ${field} ${String(value)}. Give ${wanted}.`, {
    details: { node, field, value }
  })
}
