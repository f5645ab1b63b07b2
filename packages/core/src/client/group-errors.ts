/** What a broker's refusals mean to a member of a group. */
import { MillraceError } from '@millrace/state'
import type { BrokerErrorName } from '../broker/broker.js'
import { asMillraceError, brokerErrorOf, isPassing } from './client-errors.js'

/**
 * `retry`: the coordinator is away, ask again later. `rebalance`: join, and keep everything. `fenced`: the group went on
 * without this member. `fatal`: nothing will change by asking again.
 */
export type GroupVerdict = 'retry' | 'rebalance' | 'fenced' | 'fatal'

export function groupVerdict(error: unknown): GroupVerdict {
  const name = brokerErrorOf(error)
  if (name === 'REBALANCE_IN_PROGRESS') return 'rebalance'
  if (name === 'UNKNOWN_MEMBER_ID' || name === 'ILLEGAL_GENERATION') return 'fenced'
  return isPassing(name) || name === 'UNSTABLE_OFFSET_COMMIT' ? 'retry' : 'fatal'
}

type Advice = (groupId: string) => string

const ADVICE = new Map<BrokerErrorName, readonly [code: string, advice: Advice]>([
  [
    'FENCED_INSTANCE_ID',
    [
      'GROUP_INSTANCE_FENCED',
      () =>
        'another process joined with the same groupInstanceId. Give every instance and thread an id of its own, or stop the other'
    ]
  ],
  [
    'INCONSISTENT_GROUP_PROTOCOL',
    [
      'GROUP_PROTOCOL_MISMATCH',
      groupId =>
        `the members that are in the group now use another protocol. Stop whatever else uses the group id ${groupId}, ` +
        'or choose another application id'
    ]
  ],
  [
    'GROUP_MAX_SIZE_REACHED',
    [
      'GROUP_FULL',
      () =>
        'the group has as many members as the broker allows. Run fewer threads, or raise group.max.size on the brokers'
    ]
  ],
  [
    'INVALID_SESSION_TIMEOUT',
    [
      'GROUP_SESSION_TIMEOUT_INVALID',
      () =>
        'the session time-out is not between group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers. ' +
        'Change sessionTimeoutMs'
    ]
  ],
  [
    'AUTHORIZATION_FAILED',
    [
      'GROUP_NOT_AUTHORIZED',
      groupId => `the broker does not allow it. Grant READ on the group ${groupId} and on the topics to this user`
    ]
  ],
  ['AUTHENTICATION_FAILED', ['GROUP_NOT_AUTHORIZED', () => 'the broker does not accept the credentials. Check them']]
])

/** For a member that cannot go on: code and advice by what the broker said. */
export function groupFailure(groupId: string, cause: unknown): MillraceError {
  const name = brokerErrorOf(cause)
  const known = name === undefined ? undefined : ADVICE.get(name)
  if (known === undefined) return asMillraceError(cause, 'GROUP_FAILED', `Cannot take part in group ${groupId}`)
  const [code, advice] = known
  return new MillraceError(code, `Cannot take part in group ${groupId}: ${advice(groupId)}.`, {
    cause,
    details: { groupId, error: name }
  })
}

/**
 * `GROUP_MEMBER_FENCED`: this member no longer holds the partitions it wants to commit for. What was processed since the
 * last commit is processed again by whoever holds them now.
 */
export function memberFenced(groupId: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'GROUP_MEMBER_FENCED',
    `Offsets of group ${groupId} were not committed: ${why}. Give up all partitions; the group assigns them anew.`,
    { cause, details: { groupId } }
  )
}
