/** What the application's thread and a worker thread say to each other: types only. */
import type { ThreadBroker } from '../../broker/broker.js'
import type { WorkerConfig } from '../worker-parts.js'
import type { WorkerEvent } from '../worker-handle.js'

/** What a thread is started with. */
export interface ThreadStart {
  readonly config: WorkerConfig
  readonly broker: Pick<ThreadBroker, 'module' | 'data'>
  readonly topology: { readonly module: string; readonly export: string }
  readonly stateDirectory: { readonly root: string; readonly applicationId: string }
  readonly stateEngine: 'level' | 'memory'
  readonly partitionCounts: ReadonlyMap<string, number>
}

export type ThreadRequest =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'commit' }
  | {
      readonly type: 'get'
      readonly store: string
      readonly partition: number
      readonly key: Uint8Array
      readonly startMs?: number
      readonly endMs?: number
    }
  | { readonly type: 'count'; readonly store: string; readonly partition: number }
  | {
      readonly type: 'scan'
      readonly store: string
      readonly partition: number
      readonly from?: Uint8Array
      readonly to?: Uint8Array
      readonly prefix?: Uint8Array
      readonly fromMs?: number
      readonly toMs?: number
      readonly reverse?: boolean
    }
  /** The next page of a scan, or its end before the last. */
  | { readonly type: 'scan-on'; readonly scan: number }
  | { readonly type: 'scan-end'; readonly scan: number }

export interface RequestEnvelope {
  readonly id: number
  readonly request: ThreadRequest
}

/** A value as the store's serde encodes it. */
export interface EncodedValue {
  readonly value: Uint8Array
  readonly timestamp: number
  readonly startMs?: number
  readonly endMs?: number
}

/** A scan that is not at its end stays open in the thread until the caller goes on or ends it. */
export interface ScanPage {
  readonly entries: readonly (readonly [key: Uint8Array, value: EncodedValue])[]
  /** The number to go on with; undefined: this was the last page. */
  readonly scan: number | undefined
}

/** What a request is answered with. */
export type ThreadReply = EncodedValue | ScanPage | number | undefined

/** An error on its way through a port. */
export interface ErrorMessage {
  readonly code: string
  readonly message: string
  readonly stack: string | undefined
  readonly details: Readonly<Record<string, unknown>>
}

export type ThreadEvent =
  Exclude<WorkerEvent, { type: 'error' }> | { readonly type: 'error'; readonly error: ErrorMessage }

export type ThreadMessage =
  | { readonly type: 'reply'; readonly id: number; readonly result: ThreadReply }
  | { readonly type: 'refusal'; readonly id: number; readonly error: ErrorMessage }
  | { readonly type: 'event'; readonly event: ThreadEvent }
  | {
      readonly type: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly facts: ReadonlyMap<string, string>
      readonly message: string
    }
