/** `npm run bench`: Millrace beside its peers. Says how long everything takes; proves nothing but what it measures. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { benchClients } from './benches/clients.js'
import { benchEmbedded } from './benches/embedded.js'
import { benchOpen } from './benches/open.js'
import { benchWordCount } from './benches/wordcount.js'
import type { BenchOptions, Splitting } from './options.js'

const BENCHES = new Map<string, (options: BenchOptions) => Promise<void>>([
  ['wordcount', benchWordCount],
  ['produce', options => benchClients('produce', options)],
  ['consume', options => benchClients('consume', options)],
  ['embedded', benchEmbedded],
  ['open', benchOpen]
])

interface Flags {
  readonly rounds?: number
  readonly smoke?: boolean
  readonly threads: number
  readonly split: Splitting
  readonly times: number
  readonly alone?: boolean
  readonly profile?: string
}

const program = new Command('npm run bench --')
  .description('Puts Millrace beside Kafka Streams and the Java clients. Needs a JDK 17 and Maven.')
  .argument('[names...]', `which: ${[...BENCHES.keys()].join(', ')} (all of them unless named)`, benchName)
  .option('--rounds <count>', 'rounds of each contender (3, or 1 with --smoke)', positive)
  .option('--smoke', 'a small input: shows that everything works; its numbers mean nothing and are not kept')
  .option('--threads <count>', 'processing threads of each side of wordcount', positive, 1)
  .addOption(
    new Option('--split <how>', 'how both sides of wordcount split a line').choices(['regex', 'scan']).default('regex')
  )
  .option('--times <count>', 'how often the corpus is in the input of wordcount', positive, 10)
  .option('--alone', 'wordcount without Kafka Streams, for long runs')
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

async function run(names: string[], { rounds, smoke = false, split, alone = false, ...flags }: Flags): Promise<void> {
  const options = { profile: undefined, ...flags, smoke, alone, rounds: rounds ?? (smoke ? 1 : 3), splitting: split }
  for (const name of names.length > 0 ? names : BENCHES.keys()) {
    console.log(`\n# ${name}`)
    await BENCHES.get(name)!(options)
  }
}

function benchName(name: string, earlier: string[] = []): string[] {
  if (!BENCHES.has(name)) throw new InvalidArgumentError(`There is ${[...BENCHES.keys()].join(', ')}.`)
  return [...earlier, name]
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a positive integer.')
  return value
}
