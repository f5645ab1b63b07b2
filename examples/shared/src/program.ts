/** A program: arguments in, exit status out. */
import closeWithGrace from 'close-with-grace'
import type { Invocation } from './command-line.js'
import { failureOf } from './failure.js'
import type { Output } from './screen.js'

/** What a run is given beside its options. */
export interface Surroundings {
  readonly stdout: Output
  readonly stderr: Output
  /** Aborts to ask for an orderly end. */
  readonly interrupt: AbortSignal
}

export interface Program<Options> {
  /** Begins the line that says what went wrong. */
  readonly name: string
  /** Said where Ctrl-C could not end it in time. */
  readonly whenTooSlow: string
  /** Throws a `UsageError`. */
  parse(argv: readonly string[]): Invocation<Options>
  /** Resolves after an orderly end; rejects with what made it impossible to go on. */
  run(options: Options, surroundings: Surroundings): Promise<void>
}

/** Ctrl-C promises an end within two seconds. */
const GRACE_MS = 1_900

/** Runs a program with the arguments of this process, and ends the process with its status. */
export function main<Options>(program: Program<Options>): void {
  let invocation: Invocation<Options>
  try {
    invocation = program.parse(process.argv.slice(2))
  } catch (error) {
    return end(failed(error, program.name))
  }
  if ('text' in invocation) process.stdout.write(invocation.text)
  else void work(program, invocation.options)
}

async function work<Options>(program: Program<Options>, options: Options): Promise<void> {
  const interrupt = new AbortController()
  // The reader of our output has gone (`| head`): nobody is left to write to.
  process.stdout.on('error', () => process.exit(0))
  const running = runAndTell(program, options, interrupt.signal)
  const tooSlow = `${program.name}: ${program.whenTooSlow} [STOP_TIMED_OUT]\n`
  const grace = closeWithGrace(
    { delay: GRACE_MS, logger: false, onTimeout: () => process.stderr.write(tooSlow) },
    async ({ err }) => {
      if (err !== undefined) return void failed(err, program.name)
      interrupt.abort()
      end(await running)
    }
  )
  const status = await running
  if (interrupt.signal.aborted) return
  grace.uninstall()
  end(status)
}

async function runAndTell<Options>(
  program: Program<Options>,
  options: Options,
  interrupt: AbortSignal
): Promise<number> {
  try {
    await program.run(options, { stdout: process.stdout, stderr: process.stderr, interrupt })
    return 0
  } catch (error) {
    return failed(error, program.name)
  }
}

/** Says what went wrong, and returns the exit status. */
function failed(error: unknown, name: string): number {
  const { line, status } = failureOf(error, name)
  process.stderr.write(`${line}\n`)
  return status
}

/** Leaves once everything written has gone out. */
function end(status: number): void {
  process.exitCode = status
  process.stdout.write('', () => process.exit(status))
}
