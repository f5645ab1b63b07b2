/**
 * The address of another instance, read by a strict grammar: it comes from the group's metadata, which anybody who may
 * join the group can write, so it must never become part of a URL unread.
 */
import { BlockList, isIP } from 'node:net'

/** An address that passed the grammar. */
export interface PeerAddress {
  /** Lower case, without the brackets of IPv6. */
  readonly host: string
  readonly port: number
  /** `host:port`, or `[host]:port` for IPv6. */
  readonly authority: string
  readonly loopback: boolean
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** A last label like this makes URL parsers read the whole name as an IPv4 address in octal, hex or one number. */
const NUMERIC_LABEL = /^(?:0x[0-9a-f]*|[0-9]+)$/

/** Addresses no instance can rightly have; among them the metadata services of clouds. */
const NEVER = new BlockList()
NEVER.addSubnet('0.0.0.0', 8, 'ipv4')
NEVER.addSubnet('169.254.0.0', 16, 'ipv4')
NEVER.addSubnet('224.0.0.0', 3, 'ipv4')
NEVER.addAddress('100.100.100.200', 'ipv4')
NEVER.addAddress('::', 'ipv6')
NEVER.addSubnet('64:ff9b::', 96, 'ipv6')
NEVER.addSubnet('fe80::', 10, 'ipv6')
NEVER.addSubnet('ff00::', 8, 'ipv6')
NEVER.addAddress('fd00:ec2::254', 'ipv6')

/** For addresses of IPv6, those of IPv4 within it included. */
const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether an IP address may be connected to at all. */
export function isForbiddenAddress(ip: string): boolean {
  return NEVER.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4')
}

/** Whether a host name or an IP address means this machine. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  const family = isIP(name)
  // The first number is enough, and quicker: every request is asked this.
  if (family === 4) return name.startsWith('127.')
  return family === 6 && LOOPBACK.check(name, 'ipv6')
}

/** The address, or undefined when it is not a plain host name or IP address with a port from 1 to 65535. */
export function parsePeerAddress(host: unknown, port: unknown): PeerAddress | undefined {
  if (typeof host !== 'string' || typeof port !== 'number') return undefined
  if (!Number.isInteger(port) || port < 1 || port > 65535) return undefined
  const name = host.toLowerCase()
  const bare = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
  // A zone (`fe80::1%eth0`) is refused: it would have to be encoded in a URL.
  const isIPv6 = isIP(bare) === 6 && !bare.includes('%')
  if (!isIPv6 && (bare !== name || !isHostName(bare))) return undefined
  if (isIP(bare) !== 0 && isForbiddenAddress(bare)) return undefined
  return {
    host: bare,
    port,
    authority: isIPv6 ? `[${bare}]:${port}` : `${bare}:${port}`,
    loopback: isLoopbackHost(bare)
  }
}

function isHostName(name: string): boolean {
  if (isIP(name) === 4) return true
  if (name.length > 253) return false
  const labels = name.split('.')
  const last = labels[labels.length - 1] ?? ''
  return !NUMERIC_LABEL.test(last) && labels.every(label => LABEL.test(label))
}
