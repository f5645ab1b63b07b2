/** A process under measurement: its messages, its memory, its processor time and its end. */
import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import { busySeconds, usageOf, type ProcessUsage } from './process-usage.js'

const SAMPLE_MS = 100
const KEPT_ERRORS = 4000

export interface Command {
  readonly command: string
  readonly args: readonly string[]
}

/** What a process has cost from its start to the moment that counts. */
export interface Cost {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMiB: number
  /** Resident memory at 25, 50, 75 and 100 % of the time. */
  readonly residentMiB: readonly number[]
  /** How many cores everybody else kept busy meanwhile, on average. */
  readonly othersCores: number
}

interface Sample extends ProcessUsage {
  /** Milliseconds since the start. */
  readonly at: number
  /** Of the whole machine. */
  readonly busySeconds: number
}

export class Child {
  readonly startedAt = performance.now()
  readonly #process: ChildProcess
  readonly #news = new EventEmitter<{ change: [] }>()
  readonly #lines: string[] = []
  readonly #samples: Sample[] = []
  readonly #sampling: NodeJS.Timeout
  #errors = ''
  #endedAt: number | undefined

  constructor({ command, args }: Command) {
    this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process.stderr!.on('data', chunk => (this.#errors = `${this.#errors}${String(chunk)}`.slice(-KEPT_ERRORS)))
    createInterface({ input: this.#process.stdout! }).on('line', line => {
      this.#lines.push(line)
      this.#news.emit('change')
    })
    this.#process.once('exit', () => (this.#endedAt = performance.now()))
    this.#process.once('close', () => {
      clearInterval(this.#sampling)
      this.#news.emit('change')
    })
    this.#sampling = setInterval(() => this.#sample(), SAMPLE_MS)
  }

  get ended(): boolean {
    return this.#endedAt !== undefined
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** Milliseconds since the start, for `cost` to begin at. */
  moment(): number {
    this.#sample()
    return performance.now() - this.startedAt
  }

  /** The cost so far; of a process that has ended, up to its end, with its last sample. Peak memory is of all its life. */
  cost(since = 0): Cost {
    this.#sample()
    const end = (this.#endedAt ?? performance.now()) - this.startedAt
    const last = this.#samples.at(-1)
    if (last === undefined) throw new Error('nothing is known about the process: there is no /proc here')
    const first = this.#samples.findLast(({ at }) => at <= since) ?? this.#samples[0]!
    const cpuSeconds = last.cpuSeconds - (first.at <= since ? first.cpuSeconds : 0)
    const othersSeconds = last.busySeconds - first.busySeconds - (last.cpuSeconds - first.cpuSeconds)
    return {
      seconds: (end - since) / 1000,
      cpuSeconds,
      peakMiB: last.peakMiB,
      residentMiB: [0.25, 0.5, 0.75, 1].map(part => this.#residentAt(since + (end - since) * part)),
      othersCores: Math.max(0, othersSeconds / Math.max(0.001, (last.at - first.at) / 1000))
    }
  }

  /** Resolves at the first line that fits, with the line. Rejects when the process ends without one. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.#lines.find(text => pattern.test(text))
      if (found !== undefined) return found
      if (this.ended && this.#process.stdout!.readableEnded) throw this.failure()
      await once(this.#news, 'change')
    }
  }

  /** Waits for the end. Rejects when its exit status is not 0. */
  async end(): Promise<void> {
    while (!this.ended || !this.#process.stdout!.readableEnded) await once(this.#news, 'change')
    if (this.#process.exitCode !== 0) throw this.failure()
  }

  /** Asks it to leave, and waits until it has. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.ended) return
    const closed = once(this.#process, 'close')
    this.#process.kill(signal)
    await closed
  }

  /** What to throw when it ended as it should not. */
  failure(): Error {
    const { spawnargs, exitCode, signalCode } = this.#process
    return new Error(`${spawnargs.slice(0, 4).join(' ')} … ended with ${exitCode ?? signalCode}:\n${this.#errors}`)
  }

  #sample(): void {
    const usage = this.ended ? undefined : usageOf(this.#process.pid)
    const busy = busySeconds()
    if (usage !== undefined && busy !== undefined)
      this.#samples.push({ ...usage, busySeconds: busy, at: performance.now() - this.startedAt })
  }

  #residentAt(at: number): number {
    return (this.#samples.find(sample => sample.at >= at) ?? this.#samples.at(-1)!).residentMiB
  }
}
