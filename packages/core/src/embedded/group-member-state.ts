/** What the coordinator knows of one member of a group. */
import type { JoinGroupReply, JoinGroupRequest } from '../broker/broker.js'

/** Where a blocked request waits for its answer. */
export interface Waiting<T> {
  resolve(value: T): void
  reject(error: Error): void
}

export interface MemberState {
  readonly memberId: string
  readonly groupInstanceId: string | undefined
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: JoinGroupRequest['protocols']
  assignment: Buffer
  joining: Waiting<JoinGroupReply> | undefined
  syncing: Waiting<Buffer> | undefined
  cancelExpiry: (() => void) | undefined
}

export function sameProtocols(a: JoinGroupRequest['protocols'], b: JoinGroupRequest['protocols']): boolean {
  return a.length === b.length && a.every((p, i) => p.name === b[i]!.name && p.metadata.equals(b[i]!.metadata))
}

/** The protocol most members put first among those that all offer; the first member's order breaks ties. */
export function chooseProtocol(members: readonly MemberState[]): string {
  const common = (members[0]?.protocols ?? [])
    .map(protocol => protocol.name)
    .filter(name => members.every(member => member.protocols.some(protocol => protocol.name === name)))
  const votes = new Map<string, number>(common.map(name => [name, 0]))
  for (const member of members) {
    const choice = member.protocols.find(protocol => votes.has(protocol.name))
    if (choice !== undefined) votes.set(choice.name, votes.get(choice.name)! + 1)
  }
  let best = ''
  for (const [name, count] of votes) if (best === '' || count > votes.get(best)!) best = name
  return best
}

export function metadataOf(member: MemberState, protocol: string): Buffer {
  return member.protocols.find(candidate => candidate.name === protocol)!.metadata
}
