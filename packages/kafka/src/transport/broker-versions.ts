/** Tells a broker that is too old (or too new) before the first request fails on it. */
import { MillraceError } from '@millrace/core'
import { kafkaErrorName } from '../errors.js'
import type { VersionRange } from '../protocol/api-versions.js'
import { createTopics } from '../protocol/create-topics.js'
import { deleteRecords } from '../protocol/delete-records.js'
import { deleteTopics } from '../protocol/delete-topics.js'
import { fetch } from '../protocol/fetch.js'
import { findCoordinator } from '../protocol/find-coordinator.js'
import { heartbeat } from '../protocol/heartbeat.js'
import { initProducerId } from '../protocol/init-producer-id.js'
import { joinGroup } from '../protocol/join-group.js'
import { leaveGroup } from '../protocol/leave-group.js'
import { listOffsets } from '../protocol/list-offsets.js'
import { metadata } from '../protocol/metadata.js'
import { offsetCommit } from '../protocol/offset-commit.js'
import { offsetFetch } from '../protocol/offset-fetch.js'
import { produce } from '../protocol/produce.js'
import { syncGroup } from '../protocol/sync-group.js'

/** Every API this package speaks, in the one version it speaks. */
export const SPOKEN_APIS: readonly { readonly name: string; readonly key: number; readonly version: number }[] = [
  metadata,
  createTopics,
  deleteTopics,
  deleteRecords,
  listOffsets,
  initProducerId,
  produce,
  fetch,
  findCoordinator,
  joinGroup,
  syncGroup,
  heartbeat,
  leaveGroup,
  offsetCommit,
  offsetFetch
]

/** SaslHandshake and SaslAuthenticate, which kafkajs sends itself. */
export const SASL_APIS: readonly number[] = [17, 36]

/** Throws `KAFKA_VERSION_UNSUPPORTED`, naming the first API that the broker does not offer as needed. */
export function checkVersions(address: string, errorCode: number, versions: ReadonlyMap<number, VersionRange>): void {
  if (errorCode !== 0) throw unsupported(address, `it answered ApiVersions with ${kafkaErrorName(errorCode)}`)
  for (const { name, key, version } of SPOKEN_APIS) {
    const range = versions.get(key)
    if (range === undefined) throw unsupported(address, `it has no ${name}`)
    if (version < range.minVersion || version > range.maxVersion) {
      throw unsupported(
        address,
        `it offers ${name} v${range.minVersion} to v${range.maxVersion}, and v${version} is needed`
      )
    }
  }
}

function unsupported(address: string, why: string): MillraceError {
  const message = `the broker at ${address} is not an Apache Kafka 3.5 to 4.x: ${why}`
  return new MillraceError('KAFKA_VERSION_UNSUPPORTED', message, { details: { address } })
}
