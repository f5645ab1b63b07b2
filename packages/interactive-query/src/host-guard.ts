/**
 * The allow-list of `Host` headers. A page of a hostile site whose name is made to resolve to 127.0.0.1 (DNS rebinding)
 * can send requests here, but it cannot send another name than its own.
 */
import { MillraceError } from '@millrace/core'
import { isLoopbackHost } from './peer-address.js'
import type { QueryableApplication } from './queryable-application.js'

/** The host of a `Host` header without its port, in lower case and without brackets; undefined when malformed. */
export function hostOf(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? '')
  return (match?.[1] ?? match?.[2])?.toLowerCase()
}

/** Whether a request with this `Host` is meant for this instance. */
export function isAllowedHost(
  header: string | undefined,
  allowed: readonly string[],
  application: Pick<QueryableApplication, 'instances'>
): boolean {
  const host = hostOf(header)
  if (host === undefined) return false
  if (isLoopbackHost(host)) return true
  if (allowed.some(name => name.toLowerCase() === host)) return true
  return ownHosts(application).includes(host)
}

/** The host that this instance advertises; none before it has started. */
function ownHosts(application: Pick<QueryableApplication, 'instances'>): string[] {
  try {
    return application
      .instances()
      .filter(instance => instance.local)
      .map(instance => instance.host.toLowerCase())
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'NOT_RUNNING') return []
    throw error
  }
}
