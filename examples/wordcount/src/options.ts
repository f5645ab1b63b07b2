/** The command line. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { distance } from 'fastest-levenshtein'
import { UsageError } from './failure.js'

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

/** Either what to do or what to print on standard output (help, version) before leaving with status 0. */
export type Invocation = { readonly options: WordCountOptions } | { readonly text: string }

export const DEFAULT_PORT = 4400
export const DEFAULT_DIRECTORY = '.millrace/wordcount'
const DEFAULT_TEXT = fileURLToPath(new URL('../text/alice-in-wonderland.txt', import.meta.url))

/** Our names for what commander finds wrong. */
const CODES: ReadonlyMap<string, string> = new Map([
  ['commander.unknownOption', 'UNKNOWN_OPTION'],
  ['commander.optionMissingArgument', 'MISSING_VALUE'],
  ['commander.invalidArgument', 'INVALID_VALUE'],
  ['commander.excessArguments', 'UNEXPECTED_ARGUMENT']
])

/** Reads the arguments after the script's name. Throws a `UsageError`. */
export function parseOptions(argv: readonly string[]): Invocation {
  let printed = ''
  const command = describeCommand()
    .exitOverride()
    .configureOutput({
      writeOut: text => {
        printed += text
      },
      writeErr: () => undefined
    })
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { text: printed }
    throw usageError(error, command)
  }
  const given = command.opts<Omit<WordCountOptions, 'port'> & { port?: number }>()
  return { options: { ...given, brokers: given.brokers, port: given.port ?? (given.once ? undefined : DEFAULT_PORT) } }
}

function describeCommand(): Command {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
  return new Command('wordcount')
    .description(
      'Counts the words of a text, on the embedded broker or on Apache Kafka, and answers queries about them.'
    )
    .allowExcessArguments(false)
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
    .helpOption('-h, --help', 'show this')
    .version(version, '--version', 'show the version')
}

function number(least: number, most: number): (value: string) => number {
  return value => {
    const read = /^\d{1,9}$/.test(value) ? Number(value) : -1
    if (read < least || read > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return read
  }
}

function format(value: string): string {
  if (value !== 'table' && value !== 'tsv') throw new InvalidArgumentError('It must be table or tsv.')
  return value
}

function text(what: string): (value: string) => string {
  return value => {
    if (value === '') throw new InvalidArgumentError(`It must be ${what}.`)
    return value
  }
}

function applicationId(value: string): string {
  // Kafka's grammar of topic names, with room for the suffixes of internal topics.
  if (/^[a-zA-Z0-9._-]{1,150}$/.test(value) && value !== '.' && value !== '..') return value
  throw new InvalidArgumentError('It must be up to 150 letters, digits, dots, underscores and hyphens.')
}

function brokers(value: string): readonly string[] {
  const addresses = value.split(',').map(address => address.trim())
  for (const address of addresses) {
    const port = Number(/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):(\d{1,5})$/i.exec(address)?.[1] ?? 0)
    if (port < 1 || port > 65535) throw new InvalidArgumentError(`'${address}' is not HOST:PORT.`)
  }
  return addresses
}

function usageError(error: CommanderError, command: Command): UsageError {
  const said = error.message.replace(/^error: /, '').split('\n')[0] ?? ''
  const unknown = error.code === 'commander.unknownOption' ? /'([^']+)'/.exec(said)?.[1] : undefined
  const message =
    unknown === undefined ? `${said} (--help shows all options)` : `${said}; did you mean ${nearest(unknown, command)}?`
  return new UsageError(CODES.get(error.code) ?? 'WRONG_USAGE', message, { cause: error })
}

function nearest(unknown: string, command: Command): string {
  const flags = [...command.options.map(option => option.long ?? ''), '--help']
  const asked = unknown.toLowerCase()
  // A flag cut short is far from the whole by letters, and yet what was meant.
  const whole = flags.find(flag => asked.length > 3 && flag.startsWith(asked))
  return whole ?? flags.reduce((best, flag) => (distance(asked, flag) < distance(asked, best) ? flag : best))
}
