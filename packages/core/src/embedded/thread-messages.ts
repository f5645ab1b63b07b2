/** What travels between a worker thread and the embedded log: calls by number, their replies, and aborts. */
import { MillraceError } from '@millrace/state'
import { BrokerError, type BrokerConnection, type BrokerErrorName } from '../broker/broker.js'

export type ConnectionMethod = keyof BrokerConnection

/** To the log. A thread numbers its calls and its connections. */
export type ThreadRequest =
  | { readonly type: 'connect'; readonly call: number; readonly connection: number; readonly clientId: string }
  | {
      readonly type: 'call'
      readonly call: number
      readonly connection: number
      readonly method: ConnectionMethod
      readonly args: readonly unknown[]
    }
  | { readonly type: 'abort'; readonly call: number }

/** To the thread. */
export type ThreadReply =
  | { readonly type: 'result'; readonly call: number; readonly value: unknown }
  | { readonly type: 'error'; readonly call: number; readonly error: ErrorMessage }

export interface ErrorMessage {
  readonly code: string
  readonly message: string
  readonly brokerError?: BrokerErrorName
  readonly details: Readonly<Record<string, unknown>>
}

/** What a thread is handed to reach the log. */
export interface ThreadData {
  readonly port: import('node:worker_threads').MessagePort
  readonly description: string
}

export function describeError(error: unknown): ErrorMessage {
  if (error instanceof BrokerError) {
    return { code: error.code, message: error.message, brokerError: error.error, details: error.details }
  }
  if (error instanceof MillraceError) return { code: error.code, message: error.message, details: error.details }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'BROKER_UNKNOWN', brokerError: 'UNKNOWN', message, details: {} }
}

export function rebuildError(message: ErrorMessage): MillraceError {
  const { details } = message
  if (message.brokerError !== undefined) return new BrokerError(message.brokerError, message.message, { details })
  return new MillraceError(message.code, message.message, { details })
}

/**
 * A copy of `value` in which every Buffer has memory of its own, and the list of that memory, to be moved rather than
 * cloned: cloning a view clones all the memory it looks into.
 */
export function packBuffers(value: unknown): { readonly value: unknown; readonly transfer: ArrayBuffer[] } {
  const transfer: ArrayBuffer[] = []
  const pack = (part: unknown): unknown => {
    if (part instanceof Uint8Array) {
      const copy = new Uint8Array(part.length)
      copy.set(part)
      transfer.push(copy.buffer)
      return copy
    }
    return mapParts(part, pack)
  }
  return { value: pack(value), transfer }
}

/** Makes Buffers again of what arrived as plain byte arrays. */
export function unpackBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return mapParts(value, unpackBuffers)
}

function mapParts(value: unknown, map: (part: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map)
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [key, map(part)]))
  if (typeof value !== 'object' || value === null) return value
  // Field names are those of the port; what is keyed by data comes as a Map, topic configs apart.
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, map(part)]))
}
