/** One broker process: its directory, its log, and its life and death. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '@millrace/state'
import { lastLines } from './kafka-jars.js'
import { CLUSTER_ID } from './server-properties.js'

/** A broker that has not left this long after SIGTERM is killed. */
const STOP_TIMEOUT_MS = 20_000

/** What a node is made of. */
export interface KafkaNodeOptions {
  readonly id: number
  readonly port: number
  readonly jarDirectory: string
  /** Holds `server.properties`, `broker.log` and `data`. */
  readonly directory: string
  readonly properties: string
  /** Java's -Xmx. */
  readonly heap: string
  /** Removed when the parent process dies without stopping the node. */
  readonly removeWithParent: string | undefined
}

/** One broker process, which can be killed and started again on the same data. */
export class KafkaNode {
  readonly id: number
  readonly port: number
  readonly logFile: string
  private readonly options: KafkaNodeOptions
  private child: ChildProcess | undefined
  private watchdog: ChildProcess | undefined

  constructor(options: KafkaNodeOptions) {
    this.options = options
    this.id = options.id
    this.port = options.port
    this.logFile = join(options.directory, 'broker.log')
  }

  /** Writes the configuration and formats the data directory, unless an earlier run has. */
  async prepare(): Promise<void> {
    const { directory, properties } = this.options
    await mkdir(directory, { recursive: true })
    await writeFile(this.propertiesFile, properties)
    if (existsSync(join(directory, 'data', 'meta.properties'))) return
    const format = this.java(['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', this.propertiesFile], '128m')
    const [code] = (await once(format, 'exit')) as [number | null]
    if (code !== 0) throw await this.failure(`could not format ${directory}`)
  }

  /** Starts the process; that it answers is for the caller to await. */
  launch(): void {
    if (this.running) return
    const child = this.java(['kafka.Kafka', this.propertiesFile], this.options.heap)
    this.child = child
    child.unref()
    this.watchdog = startWatchdog(child.pid!, this.options.removeWithParent)
    child.once('exit', () => this.forget(child))
  }

  get running(): boolean {
    return this.child !== undefined
  }

  /** SIGKILL; resolves once the process is gone. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  /** SIGTERM, which hands over leadership and closes the log cleanly; resolves once the process is gone. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.end('SIGTERM')
    clearTimeout(timer)
  }

  /** For a process that is about to exit and cannot wait. */
  killNow(): void {
    this.child?.kill('SIGKILL')
    this.watchdog?.kill('SIGKILL')
  }

  /** An error with the tail of the broker's log. */
  async failure(what: string): Promise<MillraceError> {
    const log = await readFile(this.logFile, 'utf8').catch(() => '')
    const message = `Kafka node ${this.id} ${what}. The end of ${this.logFile}:\n${lastLines(log, 20)}`
    return new MillraceError('BROKER_TOOL_START_FAILED', message, { details: { node: this.id, log: this.logFile } })
  }

  private get propertiesFile(): string {
    return join(this.options.directory, 'server.properties')
  }

  /** In a process group of its own, so that Ctrl-C reaches only the parent, which then stops it in good order. */
  private java(args: readonly string[], heap: string): ChildProcess {
    const log = openSync(this.logFile, 'a')
    const flags = [
      `-Xmx${heap}`,
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-cp',
      join(this.options.jarDirectory, '*')
    ]
    try {
      return spawn('java', [...flags, ...args], {
        stdio: ['ignore', log, log],
        detached: true,
        cwd: this.options.directory
      })
    } finally {
      closeSync(log)
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child
    if (child === undefined) return
    child.ref()
    child.kill(signal)
    await once(child, 'exit')
  }

  private forget(child: ChildProcess): void {
    if (this.child !== child) return
    this.child = undefined
    this.watchdog?.kill('SIGKILL')
    this.watchdog = undefined
  }
}

/**
 * A shell that waits for its input to end, which happens when this process dies however it dies, and then kills the
 * broker: Node has no other way to tie a child's life to its own.
 */
function startWatchdog(pid: number, remove: string | undefined): ChildProcess {
  const script = 'read -r _; kill -9 "$1" 2>/dev/null; [ -z "$2" ] || { sleep 1; rm -rf -- "$2"; }'
  const watchdog = spawn('/bin/sh', ['-c', script, 'watchdog', String(pid), remove ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true
  })
  watchdog.unref()
  const input = watchdog.stdin as unknown as { unref(): void; on(event: 'error', listener: () => void): void }
  input.unref()
  input.on('error', () => {})
  return watchdog
}
