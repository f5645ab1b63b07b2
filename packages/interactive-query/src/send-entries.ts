/** Answers of many entries: as one JSON object that keeps within its limits, or as a stream of lines. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toJson } from './value-json.js'

/** One entry on its way out. */
export interface SentEntry {
  /** Without a line break. */
  readonly json: string
  /** Where a request begins that goes on with this entry, as JSON text. */
  readonly placeJson: string
}

const NDJSON = 'application/x-ndjson'
/** A reader that takes nothing for so long loses its connection. */
const SLOW_READER_MS = 30_000
/** Lines are handed to the socket in pieces of about this many characters. */
const PIECE = 16 * 1024

/** One JSON object: the members of `head`, the list of entries, and `next` where it ends before they do. */
export async function answerAtOnce(
  reply: FastifyReply,
  entries: AsyncGenerator<SentEntry>,
  options: {
    readonly head: Readonly<Record<string, unknown>>
    /** The name of the list. */
    readonly list: string
    readonly limit: number
    readonly maxResponseBytes: number
  }
): Promise<FastifyReply> {
  const { head, list, limit, maxResponseBytes } = options
  const parts: string[] = []
  let size = 0
  let next: string | undefined
  for await (const entry of entries) {
    if (parts.length === limit || (size += entry.json.length) > maxResponseBytes) {
      next = entry.placeJson
      break
    }
    parts.push(entry.json)
  }
  const members = toJson(head).slice(0, -1)
  const end = next === undefined ? '' : `,"next":${next}`
  return reply
    .type('application/json; charset=utf-8')
    .send(`${members},${JSON.stringify(list)}:[${parts.join(',')}]${end}}`)
}

/** A line of JSON for each entry. */
export async function streamLines(
  reply: FastifyReply,
  entries: AsyncGenerator<SentEntry>,
  limit: number
): Promise<FastifyReply> {
  // Waits for the first entry, so that what fails at once still gets a proper status. Later failures cut the connection.
  const first = await entries.next()
  reply.raw.setTimeout(SLOW_READER_MS, () => reply.raw.destroy())
  return reply.type(NDJSON).send(Readable.from(pieces(first, entries, limit), { highWaterMark: 2 }))
}

async function* pieces(
  first: IteratorResult<SentEntry>,
  entries: AsyncGenerator<SentEntry>,
  limit: number
): AsyncGenerator<string> {
  try {
    let piece = ''
    let left = limit
    for (let entry = first; entry.done !== true && left > 0; entry = left > 0 ? await entries.next() : entry) {
      left--
      piece += `${entry.value.json}\n`
      if (piece.length >= PIECE) {
        yield piece
        piece = ''
      }
    }
    if (piece !== '') yield piece
  } finally {
    await entries.return(undefined)
  }
}

/** Whether the client takes lines. */
export function wantsLines(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').split(',').some(it => it.trim().split(';')[0] === NDJSON)
}
