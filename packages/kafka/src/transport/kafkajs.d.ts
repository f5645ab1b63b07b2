/** The few parts of kafkajs 2.2.4 that serve as transport; it is pinned, and these are not in its public types. */
declare module 'kafkajs/src/network/connection.js' {
  import type { ConnectionOptions } from 'node:tls'
  import type { Socket } from 'node:net'

  export interface ConnectionLogger {
    namespace(name: string): ConnectionLogger
    debug(message: string, facts?: object): void
    info(message: string, facts?: object): void
    warn(message: string, facts?: object): void
    error(message: string, facts?: object): void
  }

  export interface QueuedRequest {
    readonly entry: {
      readonly apiKey: number
      readonly apiName: string
      readonly apiVersion: number
      readonly correlationId: number
      resolve(response: { readonly payload: Buffer }): void
      reject(cause: unknown): void
    }
    readonly expectResponse: boolean
    readonly requestTimeout: number
    sendRequest(): void
  }

  export default class Connection {
    constructor(options: {
      readonly host: string
      readonly port: number
      readonly clientId: string
      readonly logger: ConnectionLogger
      readonly socketFactory: unknown
      readonly connectionTimeout: number
      /** In milliseconds; a single request can have a longer one, not a shorter one. */
      readonly requestTimeout: number
      readonly ssl: ConnectionOptions | null
      readonly sasl: object | null
    })
    readonly requestQueue: {
      readonly pending: readonly unknown[]
      push(request: QueuedRequest): void
      maybeThrottle(ms: number): void
      scheduleCheckPendingRequests(): void
    }
    readonly socket: Socket | undefined
    connect(): Promise<unknown>
    disconnect(): Promise<unknown>
    isConnected(): boolean
    isAuthenticated(): boolean
    authenticate(): Promise<void>
    setVersions(versions: object): void
    setSupportAuthenticationProtocol(supported: boolean): void
    nextCorrelationId(): number
    rejectRequests(cause: Error): void
  }
}

declare module 'kafkajs/src/network/socketFactory.js' {
  export default function createSocketFactory(): unknown
}
