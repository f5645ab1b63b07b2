/** Who runs a streams workload, and how the process of each is started. */
import type { Command } from '../child.js'
import { javaPrograms, nodeProgram } from '../commands.js'
import { type BenchOptions, PEERS } from '../options.js'
import type { ProgramOptions } from './program.js'

export const MILLRACE = 'Millrace'

export interface StreamsContender {
  readonly name: string
  readonly tuned: boolean
  command(options: ProgramOptions): Command
}

/** Millrace first, then the peers that were asked for. */
export async function streamsContenders({ peers, profile }: BenchOptions): Promise<StreamsContender[]> {
  const contenders: StreamsContender[] = [
    {
      name: MILLRACE,
      tuned: false,
      command: options => nodeProgram('streams/millrace', [JSON.stringify(options)], profile)
    }
  ]
  if (peers.length === 0) return contenders
  const java = await javaPrograms()
  const command = (options: ProgramOptions): Command => java('Streams', [JSON.stringify(options)])
  return [...contenders, ...peers.map(peer => ({ ...PEERS[peer], command }))]
}

/** With their places. Who comes first takes turns, since the broker's state and the page cache are not the same for all. */
export function inTurns<T>(all: readonly T[], round: number): [index: number, T][] {
  const numbered = [...all.entries()]
  return round % 2 === 0 ? numbered : numbered.toReversed()
}
