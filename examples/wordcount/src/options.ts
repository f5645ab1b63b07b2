/** The command line. */
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { applicationId, brokers, number, parse, text, type Invocation } from '../../shared/dist/command-line.js'

/** What the user wants, checked. */
export interface WordCountOptions {
  readonly file: string
  readonly once: boolean
  readonly format: 'table' | 'tsv'
  readonly top: number
  /** Undefined: the embedded broker. */
  readonly brokers: readonly string[] | undefined
  /** 0: everything in the main thread. */
  readonly threads: number
  readonly directory: string
  readonly applicationId: string
  /** Where to answer queries; undefined: not at all (with `--once`, unless asked for). */
  readonly port: number | undefined
}

export const DEFAULT_PORT = 4400
export const DEFAULT_DIRECTORY = '.millrace/wordcount'
const DEFAULT_TEXT = fileURLToPath(new URL('../text/alice-in-wonderland.txt', import.meta.url))

/** Reads the arguments after the script's name. Throws a `UsageError`. */
export function parseOptions(argv: readonly string[]): Invocation<WordCountOptions> {
  type Given = Omit<WordCountOptions, 'port'> & { readonly port?: number }
  const invocation = parse<Given>(describeCommand(), argv, import.meta.url)
  if ('text' in invocation) return invocation
  const { options: given } = invocation
  return { options: { ...given, brokers: given.brokers, port: given.port ?? (given.once ? undefined : DEFAULT_PORT) } }
}

function describeCommand(): Command {
  return new Command('wordcount')
    .description(
      'Counts the words of a text, on the embedded broker or on Apache Kafka, and answers queries about them.'
    )
    .option('--file <path>', 'a text file', DEFAULT_TEXT)
    .option('--once', 'stop when the input is consumed and committed', false)
    .option(
      '--format <table|tsv>',
      'a table of the most frequent words, or word<TAB>count for every word',
      format,
      'table'
    )
    .option('--top <n>', 'rows of the table', number(1, 1000), 20)
    .option('--brokers <host:port,...>', 'run on Apache Kafka', brokers)
    .option('--threads <n>', 'worker threads; 0 runs everything in the main thread', number(0, 64), 0)
    .option('--directory <path>', 'where the embedded log and the state are kept', text('a path'), DEFAULT_DIRECTORY)
    .option('--application-id <id>', 'names the topics, the group and the state', applicationId, 'wordcount')
    .option(
      '--port <n>',
      `where to answer queries; 0 takes any free port (default: ${DEFAULT_PORT}, none with --once)`,
      number(0, 65535)
    )
}

function format(value: string): string {
  if (value !== 'table' && value !== 'tsv') throw new InvalidArgumentError('It must be table or tsv.')
  return value
}
