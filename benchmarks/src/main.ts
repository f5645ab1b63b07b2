/** `npm run bench`: Millrace beside its peers. Says how long everything takes; proves nothing but what it measures. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { check } from './benches/check.js'
import { benchClients } from './benches/clients.js'
import { benchEmbedded } from './benches/embedded.js'
import { benchLatency } from './benches/latency.js'
import { benchOpen } from './benches/open.js'
import { benchPartitions } from './benches/partitions.js'
import { benchQueries } from './benches/queries.js'
import { benchRestart } from './benches/restart.js'
import { benchSoak } from './benches/soak.js'
import { benchStreams } from './benches/streams.js'
import { benchThreads } from './benches/threads.js'
import { type BenchOptions, type Guarantee, type Peer, PEERS } from './options.js'
import { publish } from './publish.js'
import { WORKLOADS } from './streams/workloads.js'
import { countsOfHashes } from './streams/workloads/aggregations.js'

type Bench = (options: BenchOptions) => Promise<void>

const BENCHES = new Map<string, Bench>([
  ...[...WORKLOADS.values()]
    .filter(workload => workload !== countsOfHashes) // it shows how threads scale, and has no peer
    .map((workload): [string, Bench] => [workload.name, options => benchStreams(workload, options)]),
  ['latency', benchLatency], // instead of timing that workload from start to end, as with soak
  ['restore', options => benchRestart('restore', options)],
  ['restart', options => benchRestart('restart', options)],
  ['partitions', benchPartitions],
  ['queries', benchQueries],
  ['soak', benchSoak],
  ['threads', benchThreads],
  ['produce', options => benchClients('produce', options)],
  ['consume', options => benchClients('consume', options)],
  ['embedded', benchEmbedded],
  ['open', benchOpen]
])

interface Flags {
  readonly only?: readonly string[]
  readonly peer: readonly (Peer | 'none')[]
  readonly rounds?: number
  readonly records?: number
  readonly smoke?: boolean
  readonly check?: boolean
  readonly publish?: boolean
  readonly threads: number
  readonly minutes: number
  readonly guarantee: Guarantee
  readonly profile?: string
}

const program = new Command('npm run bench --')
  .description('Puts Millrace beside Kafka Streams and the Java clients. Needs a JDK 17 and Maven.')
  .addOption(new Option('--only <names...>', 'these alone, of all there are').choices([...BENCHES.keys()]))
  .addOption(
    new Option('--peer <names...>', 'whom Millrace is compared with, beside the Java clients')
      .choices([...PEERS, 'none'])
      .default(PEERS)
  )
  .option('--rounds <count>', 'rounds of each contender (3, or 1 with --smoke)', positive)
  .option(
    '--records <count>',
    'records of a streams workload, instead of its own number; results are not kept',
    positive
  )
  .option('--smoke', 'a small input: shows that everything works; its numbers mean nothing and are not kept')
  .option('--check', 'instead of all others, a minute that fails when ratios are far off benchmarks/baselines.json')
  .option(
    '--publish',
    'instead of running anything, writes the tables of the README and the picture from earlier results'
  )
  .option('--threads <count>', 'processing threads of each side of a streams workload', positive, 1)
  .addOption(
    new Option('--guarantee <which>', 'what streams workloads promise')
      .choices(['at-least-once', 'exactly-once'])
      .default('at-least-once')
  )
  .option('--minutes <count>', 'how long the soak goes on', positive, 60)
  .option('--profile <directory>', "write Node's CPU profiles of Millrace's processes there")
  .showHelpAfterError('(see --help)')
  .action(run)

try {
  await program.parseAsync()
} catch (error) {
  console.error(error)
  // Whatever is still open, a broker among it, must not keep the process alive.
  process.exit(1)
}

async function run({ only, peer, rounds, smoke = false, check: checking = false, ...flags }: Flags): Promise<void> {
  if (flags.guarantee === 'exactly-once')
    program.error('Millrace has no exactly-once yet, so there is nothing to compare.')
  const peers = peer.filter(name => name !== 'none')
  const options = { records: undefined, profile: undefined, ...flags, peers, smoke, rounds: rounds ?? (smoke ? 1 : 3) }
  if (checking) return check(options)
  if (flags.publish === true) return publish([...BENCHES.keys()])
  for (const name of only ?? BENCHES.keys()) {
    console.log(`\n# ${name}`)
    await BENCHES.get(name)!(options)
  }
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a positive integer.')
  return value
}
