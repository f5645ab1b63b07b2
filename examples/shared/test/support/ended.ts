/** Waits for programs that tests have started. */
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

/** A program whose output is read. */
export type Program = ChildProcessByStdio<null, Readable, Readable>

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Resolves when the program has ended, with all it said. */
export async function ended(child: Program): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}

/** Where the program answers queries, on a port that it was free to choose; rejects when it ends before it says so. */
export async function answersAt(program: Program): Promise<URL> {
  return new URL((await said(program, /queries are answered at (\S+)/))[1]!)
}

/** Resolves when the program has said it, on either output; rejects when it ends before. */
export function said(program: Program, pattern: RegExp): Promise<RegExpMatchArray> {
  return new Promise((resolve, reject) => {
    let text = ''
    const listen = (chunk: string) => {
      text += chunk
      const match = pattern.exec(text)
      if (match !== null) resolve(match)
    }
    program.stdout.setEncoding('utf8').on('data', listen)
    program.stderr.setEncoding('utf8').on('data', listen)
    program.once('close', () => reject(new Error(`ended without having said ${String(pattern)}: ${text.slice(-2000)}`)))
  })
}
