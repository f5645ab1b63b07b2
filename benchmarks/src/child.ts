/** A process under measurement: its messages, its memory and its end. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const SAMPLE_MS = 100

export interface Command {
  readonly command: string
  readonly args: readonly string[]
}

export class Child {
  readonly startedAt = performance.now()
  readonly #process: ChildProcess
  readonly #lines: string[] = []
  readonly #sampling: NodeJS.Timeout
  #peakKiB = 0
  #errors = ''
  #ended = false

  constructor({ command, args }: Command) {
    this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process.stderr!.on('data', chunk => (this.#errors = `${this.#errors}${String(chunk)}`.slice(-4000)))
    this.#process.once('close', () => (this.#ended = true))
    createInterface({ input: this.#process.stdout! }).on('line', line => this.#lines.push(line))
    this.#sampling = setInterval(() => this.#sample(), SAMPLE_MS)
  }

  get ended(): boolean {
    return this.#ended
  }

  /** What it wrote to standard error last. */
  get errors(): string {
    return this.#errors
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** The largest resident memory so far, in MiB; 0 where the system does not tell. */
  get peakMiB(): number {
    return Math.round(this.#peakKiB / 1024)
  }

  /** Waits for the end; the facts of its `finished` line. Rejects when it failed. */
  async finished(): Promise<Record<string, number>> {
    if (!this.#ended) await once(this.#process, 'close')
    clearInterval(this.#sampling)
    const line = this.#lines.find(text => text.includes('"finished"'))
    if (this.#process.exitCode !== 0 || line === undefined) throw this.failure()
    return JSON.parse(line) as Record<string, number>
  }

  /** Resolves with the first line that fits. Rejects when the process ends without one. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.#lines.find(text => pattern.test(text))
      if (found !== undefined) return found
      if (this.#ended) throw this.failure()
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  /** Asks it to leave, and waits until it has. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    clearInterval(this.#sampling)
    if (this.#ended) return
    this.#process.kill(signal)
    await once(this.#process, 'close')
  }

  failure(): Error {
    return new Error(
      `${this.#process.spawnargs.slice(0, 4).join(' ')} … ended with ${this.#process.exitCode}:\n${this.#errors}`
    )
  }

  #sample(): void {
    try {
      const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8')
      this.#peakKiB = Math.max(this.#peakKiB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
    } catch {
      // Not Linux, or the process has just ended: the last sample stands.
    }
  }
}
