/** How many answers that scan a store may be under way at once, so that they cannot crowd out processing. */
import type { FastifyReply } from 'fastify'
import { QueryProblem } from './query-problem.js'

const MAX_SCANS_IN_FLIGHT = 16

export class ScanSlots {
  #taken = 0

  /** Until the reply's connection is done with. Throws a 429 problem. */
  take(reply: FastifyReply): void {
    if (this.#taken >= MAX_SCANS_IN_FLIGHT) {
      throw new QueryProblem(
        429,
        'TOO_MANY_RANGES',
        `More than ${MAX_SCANS_IN_FLIGHT} ranges are being read. Ask again.`
      )
    }
    this.#taken++
    reply.raw.once('close', () => this.#taken--)
  }
}
