/** The command line. */
import { Command } from 'commander'
import { applicationId, brokers, number, parse, text, type Invocation } from '../../shared/dist/command-line.js'

/** What the user wants, checked. */
export interface InventoryOptions {
  /** Undefined: the embedded broker. */
  readonly brokers: readonly string[] | undefined
  /** Made-up bookings a second; 0: none. */
  readonly rate: number
  readonly seed: number
  readonly rows: number
  readonly directory: string
  readonly applicationId: string
  /** Where to answer queries; 0: any free port. */
  readonly port: number
}

export const DEFAULT_PORT = 4410
export const DEFAULT_RATE = 20

/** Reads the arguments after the script's name. Throws a `UsageError`. */
export function parseOptions(argv: readonly string[]): Invocation<InventoryOptions> {
  type Given = Omit<InventoryOptions, 'rate'> & { readonly rate?: number }
  const invocation = parse<Given>(describeCommand(), argv, import.meta.url)
  if ('text' in invocation) return invocation
  const { options: given } = invocation
  // The topics of a real cluster may hold real sales.
  const rate = given.rate ?? (given.brokers === undefined ? DEFAULT_RATE : 0)
  return { options: { ...given, brokers: given.brokers, rate } }
}

function describeCommand(): Command {
  return new Command('inventory')
    .description(
      'Keeps the inventory of stores from their sales and shipments, on the embedded broker or on Apache Kafka, and answers queries about it.'
    )
    .option('--brokers <host:port,...>', 'run on Apache Kafka', brokers)
    .option('--port <n>', 'where to answer queries; 0 takes any free port', number(0, 65535), DEFAULT_PORT)
    .option(
      '--rate <n>',
      `made-up sales and shipments a second; 0 for none (default: ${DEFAULT_RATE}, none with --brokers)`,
      number(0, 10_000)
    )
    .option('--seed <n>', 'what the made-up ones follow from', number(0, 999_999_999), 1)
    .option('--rows <n>', 'rows of the table', number(1, 1000), 20)
    .option(
      '--directory <path>',
      'where the embedded log and the state are kept',
      text('a path'),
      '.millrace/inventory'
    )
    .option('--application-id <id>', 'names the group and the state', applicationId, 'inventory')
}
