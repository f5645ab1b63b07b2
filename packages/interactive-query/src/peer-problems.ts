/** What goes wrong with another instance, as problems for the client of this one. */
import { QueryProblem } from './query-problem.js'

const OF_NO_USE = 'The owner of the key gave an answer that is of no use.'

/** The problem that another instance's refusal means for the client of this one. */
export function refusal(answer: { readonly status: number }, owner: string): QueryProblem {
  const details = { owner, ownerStatus: answer.status }
  switch (answer.status) {
    case 421:
    case 429:
    case 503:
      return new QueryProblem(
        503,
        'OWNER_NOT_READY',
        'The owner of the key is just changing or not ready. Ask again.',
        { details }
      )
    case 401:
    case 403:
      return new QueryProblem(
        502,
        'PEER_UNAUTHORIZED',
        'The owner refused this instance: give all instances the same peerSecret.',
        { details }
      )
    default:
      return new QueryProblem(502, 'PEER_FAILED', OF_NO_USE, { details })
  }
}

export function answerTooLarge(owner: string): QueryProblem {
  return new QueryProblem(502, 'PEER_ANSWER_TOO_LARGE', 'The owner sent more than maxResponseBytes.', {
    details: { owner }
  })
}

export function answerUnreadable(owner: string): QueryProblem {
  return new QueryProblem(502, 'PEER_FAILED', OF_NO_USE, { details: { owner } })
}

export function peerUnreachable(owner: string, cause: unknown): QueryProblem {
  return new QueryProblem(
    503,
    'PEER_UNREACHABLE',
    'The instance that owns the key does not answer; its share is moved if it stays away.',
    { cause, details: { owner } }
  )
}
