/** Runs the program for tests, and counts words in another way. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** The program. */
export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
/** The text it comes with. */
export const ALICE = fileURLToPath(new URL('../../text/alice-in-wonderland.txt', import.meta.url))

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** An independent count: `tr | sort | uniq -c` over ASCII texts. */
export async function expectedCounts(file: string): Promise<string> {
  const script = `tr -cs 'A-Za-z0-9' '\\n' < "$1" | tr 'A-Z' 'a-z' | grep -v '^$' | LC_ALL=C sort | uniq -c |
    LC_ALL=C sort -k1,1nr -k2,2 | awk '{ print $2 "\\t" $1 }'`
  return (await ended(spawn('sh', ['-c', script, 'sh', file], { stdio: ['ignore', 'pipe', 'pipe'] }))).stdout
}

/** Resolves when the program has ended, with all it said. */
export async function ended(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}
