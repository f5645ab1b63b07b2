#!/usr/bin/env node
/** The program: arguments in, exit status out. */
import closeWithGrace from 'close-with-grace'
import { failureOf } from './failure.js'
import { parseOptions, type WordCountOptions } from './options.js'

/** Ctrl-C promises an end within two seconds. */
const GRACE_MS = 1_900

function main(argv: readonly string[]): void {
  let invocation: ReturnType<typeof parseOptions>
  try {
    invocation = parseOptions(argv)
  } catch (error) {
    return end(failed(error))
  }
  if ('text' in invocation) process.stdout.write(invocation.text)
  else void work(invocation.options)
}

async function work(options: WordCountOptions): Promise<void> {
  const interrupt = new AbortController()
  // The reader of our output has gone (`| head`): nobody is left to write to.
  process.stdout.on('error', () => process.exit(0))
  const running = runAndTell(options, interrupt.signal)
  const grace = closeWithGrace(
    { delay: GRACE_MS, logger: false, onTimeout: () => process.stderr.write(tooSlow()) },
    async ({ err }) => {
      if (err !== undefined) return void failed(err)
      interrupt.abort()
      end(await running)
    }
  )
  const status = await running
  if (interrupt.signal.aborted) return
  grace.uninstall()
  end(status)
}

async function runAndTell(options: WordCountOptions, interrupt: AbortSignal): Promise<number> {
  try {
    const { run } = await import('./run.js')
    await run(options, { stdout: process.stdout, stderr: process.stderr, interrupt })
    return 0
  } catch (error) {
    return failed(error)
  }
}

/** Says what went wrong, and returns the exit status. */
function failed(error: unknown): number {
  const { line, status } = failureOf(error)
  process.stderr.write(`${line}\n`)
  return status
}

/** Leaves once everything written has gone out. */
function end(status: number): void {
  process.exitCode = status
  process.stdout.write('', () => process.exit(status))
}

function tooSlow(): string {
  return 'wordcount: not everything could be committed in time; the next run counts the rest [STOP_TIMED_OUT]\n'
}

main(process.argv.slice(2))
