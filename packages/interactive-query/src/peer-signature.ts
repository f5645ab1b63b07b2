/**
 * Proof that a forwarded request comes from an instance that knows the shared secret. The secret itself never travels:
 * a member that joined the group with a forged address collects nothing it could use elsewhere.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** Marks a forwarded request; whoever gets one answers it or refuses it, and never forwards it again. */
export const FORWARDED_HEADER = 'millrace-forwarded'
export const SIGNATURE_HEADER = 'millrace-signature'

/** How far the clocks of two instances may be apart. */
const TOLERANCE_MS = 30_000

/** What is signed of a request, beside the time. */
export interface SignedRequest {
  readonly method: string
  /** The addressed instance. */
  readonly authority: string
  readonly path: string
  readonly body: string | Buffer | undefined
}

/** `t=<milliseconds>,s=<signature>`. */
export function signRequest(secret: string, request: SignedRequest, now: number): string {
  return `t=${now},s=${digest(secret, request, now).toString('base64url')}`
}

/** Whether `header` was made with `secret` for this very request, not long ago. Takes the same time for every wrong one. */
export function verifyRequest(
  secret: string,
  request: SignedRequest,
  header: string | undefined,
  now: number
): boolean {
  const match = /^t=(\d{1,16}),s=([A-Za-z0-9_-]{43})$/.exec(header ?? '')
  if (match?.[1] === undefined || match[2] === undefined) return false
  const time = Number(match[1])
  const given = Buffer.from(match[2], 'base64url')
  const expected = digest(secret, request, time)
  return given.length === expected.length && timingSafeEqual(given, expected) && Math.abs(now - time) <= TOLERANCE_MS
}

function digest(secret: string, { method, authority, path, body = '' }: SignedRequest, time: number): Buffer {
  const head = `${method}\n${authority.toLowerCase()}\n${path}\n${time}\n`
  return createHmac('sha256', secret).update(head).update(body).digest()
}
