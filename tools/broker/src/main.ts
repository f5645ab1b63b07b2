#!/usr/bin/env node
/** `npm run broker -- start | stop | status`: a real Kafka for people to try things on. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '@millrace/state'
import { Command, InvalidArgumentError } from 'commander'
import { startKafka } from './kafka-cluster.js'
import { forgetBroker, readBroker, rememberBroker } from './running-broker.js'

interface StartOptions {
  readonly nodes: 1 | 3
  readonly port: number
  readonly directory?: string
  readonly heap: string
  readonly detach?: true
}

type Announcement = { readonly started: string } | { readonly error: string }

const STOP_TIMEOUT_MS = 60_000

const program = new Command('npm run broker --')
  .description(
    "Starts and stops a real Apache Kafka 4.3.1 on 127.0.0.1, from Maven Central's jars. Needs a JDK 17 and Maven."
  )
  .showHelpAfterError('(see --help)')

program
  .command('start')
  .description('start a broker and stay until Ctrl-C')
  .option('--nodes <count>', 'size of the cluster, 1 or 3', parseNodes, 1)
  .option('--port <port>', 'port of the first node; the others take the next ones', parsePort, 9092)
  .option('--directory <path>', 'keep the data here (otherwise it is removed at the end)')
  .option('--heap <size>', 'Java heap of each node', '768m')
  .option('--detach', 'return once the broker answers, and leave it running until `stop`')
  .action(async (options: StartOptions) => (options.detach ? startDetached(options) : start(options)))

program
  .command('stop')
  .description('stop a broker that `start` started')
  .option('--port <port>', 'port of its first node', parsePort, 9092)
  .action(async ({ port }: { port: number }) => stop(port))

program
  .command('status')
  .description('say whether a broker that `start` started is running (exit status 1 if not)')
  .option('--port <port>', 'port of its first node', parsePort, 9092)
  .action(async ({ port }: { port: number }) => status(port))

try {
  await program.parseAsync()
} catch (cause) {
  if (!(cause instanceof MillraceError)) throw cause
  announce({ error: `${cause.message} [${cause.code}]\n` })
  process.exitCode = 1
}

async function start({ nodes, port, directory, heap }: StartOptions): Promise<void> {
  const running = await readBroker(port)
  if (running !== undefined) {
    const message = `a broker started by process ${running.pid} already runs at ${running.brokers.join(',')}`
    throw new MillraceError('BROKER_TOOL_ALREADY_RUNNING', message)
  }
  const kafka = await startKafka({ nodes, port, heap, ...(directory === undefined ? {} : { directory }) })
  await rememberBroker(port, { pid: process.pid, brokers: kafka.brokers, directory: kafka.directory })
  announce({ started: `Kafka at ${kafka.brokers.join(',')} (data and logs in ${kafka.directory})\n` })
  // Watched brokers do not keep this process alive: the timer does.
  const alive = setInterval(() => {}, 60_000)
  const signal = await new Promise<string>(resolve => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => resolve(name))
  })
  process.stdout.write(`stopping (${signal})\n`)
  await kafka.stop()
  await forgetBroker(port)
  clearInterval(alive)
}

async function startDetached({ nodes, port, directory, heap }: StartOptions): Promise<void> {
  const args = ['start', '--nodes', String(nodes), '--port', String(port), '--heap', heap]
  if (directory !== undefined) args.push('--directory', directory)
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc']
  })
  const ended = once(child, 'exit').then(([code]): Announcement => ({
    error: `the broker's process ended with ${String(code)}\n`
  }))
  const told = await Promise.race([once(child, 'message').then(([message]) => message as Announcement), ended])
  announce(told)
  if ('error' in told) process.exitCode = 1
  if (child.connected) child.disconnect()
  child.unref()
}

/** To the process that started this one with `--detach`, else to the terminal. */
function announce(announcement: Announcement): void {
  if (process.send !== undefined) process.send(announcement)
  else if ('started' in announcement) process.stdout.write(announcement.started)
  else process.stderr.write(announcement.error)
}

async function stop(port: number): Promise<void> {
  const running = await readBroker(port)
  if (running === undefined) {
    process.stdout.write(`no broker runs at port ${port}\n`)
    return
  }
  process.kill(running.pid, 'SIGTERM')
  const deadline = Date.now() + STOP_TIMEOUT_MS
  while ((await readBroker(port)) !== undefined) {
    if (Date.now() > deadline)
      throw new MillraceError(
        'BROKER_TOOL_STOP_FAILED',
        `process ${running.pid} is still running after ${STOP_TIMEOUT_MS / 1000} s`
      )
    await delay(100)
  }
  process.stdout.write(`stopped ${running.brokers.join(',')}\n`)
}

async function status(port: number): Promise<void> {
  const running = await readBroker(port)
  if (running === undefined) {
    process.stdout.write(`no broker runs at port ${port}\n`)
    process.exitCode = 1
    return
  }
  process.stdout.write(
    `Kafka at ${running.brokers.join(',')} (process ${running.pid}, data and logs in ${running.directory})\n`
  )
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_533) throw new InvalidArgumentError('not a port')
  return port
}

function parseNodes(text: string): 1 | 3 {
  if (text === '1') return 1
  if (text === '3') return 3
  throw new InvalidArgumentError('must be 1 or 3')
}
