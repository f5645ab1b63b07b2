/** The command line: what commander reads, and how wrong use is told. */
import { createRequire } from 'node:module'
import { type Command, CommanderError, InvalidArgumentError } from 'commander'
import { distance } from 'fastest-levenshtein'
import { UsageError } from './failure.js'

/** Either what to do or what to print on standard output (help, version) before leaving with status 0. */
export type Invocation<Options> = { readonly options: Options } | { readonly text: string }

/** Our names for what commander finds wrong. */
const CODES: ReadonlyMap<string, string> = new Map([
  ['commander.unknownOption', 'UNKNOWN_OPTION'],
  ['commander.optionMissingArgument', 'MISSING_VALUE'],
  ['commander.invalidArgument', 'INVALID_VALUE'],
  ['commander.excessArguments', 'UNEXPECTED_ARGUMENT']
])

/**
 * Reads the arguments after the script's name by a command's options. `module` is the URL of a module of the example,
 * whose version is shown. Throws a `UsageError`.
 */
export function parse<Given extends object>(
  command: Command,
  argv: readonly string[],
  module: string
): Invocation<Given> {
  const { version } = createRequire(module)('../package.json') as { version: string }
  let printed = ''
  command
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'show this')
    .version(version, '--version', 'show the version')
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
  return { options: command.opts<Given>() }
}

/** Reads a whole number. */
export function number(least: number, most: number): (value: string) => number {
  return value => {
    const read = /^\d{1,9}$/.test(value) ? Number(value) : -1
    if (read < least || read > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return read
  }
}

/** Reads what may be anything but empty. */
export function text(what: string): (value: string) => string {
  return value => {
    if (value === '') throw new InvalidArgumentError(`It must be ${what}.`)
    return value
  }
}

/** Reads an application id: Kafka's grammar of topic names, with room for the suffixes of internal topics. */
export function applicationId(value: string): string {
  if (/^[a-zA-Z0-9._-]{1,150}$/.test(value) && value !== '.' && value !== '..') return value
  throw new InvalidArgumentError('It must be up to 150 letters, digits, dots, underscores and hyphens.')
}

/** Reads addresses with commas between them. */
export function brokers(value: string): readonly string[] {
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
