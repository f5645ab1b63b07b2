/** What `kafka()` takes, and what is wrong with it. */
import type { ConnectionOptions } from 'node:tls'
import { MillraceError } from '@millrace/core'
import type { SASLOptions } from 'kafkajs'

/** Where the cluster is and how to connect to it; TLS and SASL options are kafkajs's. */
export interface KafkaOptions {
  /** `host:port` of some of the cluster's brokers; the others are learned from them. */
  readonly brokers: readonly string[]
  /** `true`, or what `tls.connect` takes: `ca`, `cert`, `key`, `servername` … */
  readonly ssl?: boolean | ConnectionOptions
  /** For example `{ mechanism: 'scram-sha-512', username, password }`; also `plain`, `scram-sha-256`, `aws`, `oauthbearer`. */
  readonly sasl?: SASLOptions
  /** How long `connect` tries to reach one of the brokers. Default 10 000. */
  readonly connectTimeoutMs?: number
}

/** A place to connect to. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** `host:port`, with an IPv6 host in brackets. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Throws `KAFKA_OPTIONS_INVALID`, naming the field, when there is no address or one is not `host:port`. */
export function parseAddresses(brokers: readonly string[]): Address[] {
  if (!Array.isArray(brokers) || brokers.length === 0) {
    throw new MillraceError('KAFKA_OPTIONS_INVALID', "brokers is empty: give at least one 'host:port'", {
      details: { field: 'brokers' }
    })
  }
  return brokers.map((text, index) => {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s/]+)):(\d{1,5})$/.exec(text)
    const port = Number(match?.[3])
    if (match === null || port < 1 || port > 65_535) {
      const message = `brokers[${index}] is '${text}', which is not 'host:port'`
      throw new MillraceError('KAFKA_OPTIONS_INVALID', message, {
        details: { field: `brokers[${index}]`, value: text }
      })
    }
    return { host: match[1] ?? match[2]!, port }
  })
}
