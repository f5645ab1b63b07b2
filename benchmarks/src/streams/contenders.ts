/** Who runs a streams workload, and how the process of each is started. */
import type { Command } from '../child.js'
import { javaPrograms, nodeProgram } from '../commands.js'
import { nodePeerPrograms, versioned } from '../node-peers.js'
import type { BenchOptions } from '../options.js'
import type { ProgramOptions } from './program.js'

export const MILLRACE = 'Millrace'

const KAFKA_STREAMS = {
  'kafka-streams': { name: 'Kafka Streams 4.3.1', tuned: false },
  'kafka-streams-tuned': { name: 'Kafka Streams 4.3.1, tuned', tuned: true }
} as const
/** Far longer than any of the others takes. */
const KAFKATS_LONGEST_MS = 120_000

export interface StreamsContender {
  readonly name: string
  readonly tuned: boolean
  /** A run that fails, is wrong, or takes longer than this is told in the table, and nothing else is stopped by it. */
  readonly longestMs?: number
  /** It makes no repartition topics, its user does. */
  readonly needsRepartitions?: boolean
  command(options: ProgramOptions): Command
}

/** Millrace first, then Kafka Streams, if it was asked for. */
export async function streamsContenders({ peers, profile }: BenchOptions): Promise<StreamsContender[]> {
  const contenders: StreamsContender[] = [
    {
      name: MILLRACE,
      tuned: false,
      command: options => nodeProgram('streams/millrace', [JSON.stringify(options)], profile)
    }
  ]
  const asked = (['kafka-streams', 'kafka-streams-tuned'] as const).filter(peer => peers.includes(peer))
  if (asked.length === 0) return contenders
  const java = await javaPrograms()
  const command = (options: ProgramOptions): Command => java('Streams', [JSON.stringify(options)])
  return [...contenders, ...asked.map(peer => ({ ...KAFKA_STREAMS[peer], command }))]
}

/** The peer among the libraries for Node, if it was asked for: it runs what is timed from start to end. */
export function kafkatsContender({ peers }: BenchOptions): StreamsContender[] {
  if (!peers.includes('kafkats')) return []
  const program = nodePeerPrograms()
  return [
    {
      name: versioned('@kafkats/flow'),
      tuned: false,
      longestMs: KAFKATS_LONGEST_MS,
      needsRepartitions: true,
      command: options => program('streams-kafkats', [JSON.stringify(options)])
    }
  ]
}

/** With their places. Who comes first takes turns, since the broker's state and the page cache are not the same for all. */
export function inTurns<T>(all: readonly T[], round: number): [index: number, T][] {
  const numbered = [...all.entries()]
  return round % 2 === 0 ? numbered : numbered.toReversed()
}
