/** Programs of this folder in processes of their own. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Child {
  readonly pid: number
  /** Resolves with the next line the program prints; rejects when it ends first. */
  line(): Promise<string>
  /** Ends the process as a crash would, and waits for its end. */
  kill(): Promise<void>
}

/** Starts `<program>.js` of this folder. */
export function startChild(program: string, args: readonly string[]): Child {
  const path = fileURLToPath(new URL(`./${program}.js`, import.meta.url))
  const child: ChildProcessByStdio<null, Readable, null> = spawn(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  return {
    pid: child.pid!,
    async line() {
      const next = await lines.next()
      if (next.done === true) throw new Error(`${program} ended`)
      return next.value
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    }
  }
}
