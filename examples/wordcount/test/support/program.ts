/** Where the program is, and another way to count words. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ended } from '../../../shared/dist-test/support/ended.js'

/** The program. */
export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
/** The text it comes with. */
export const ALICE = fileURLToPath(new URL('../../text/alice-in-wonderland.txt', import.meta.url))

/** An independent count: `tr | sort | uniq -c` over ASCII texts. */
export async function expectedCounts(file: string): Promise<string> {
  const script = `tr -cs 'A-Za-z0-9' '\\n' < "$1" | tr 'A-Z' 'a-z' | grep -v '^$' | LC_ALL=C sort | uniq -c |
    LC_ALL=C sort -k1,1nr -k2,2 | awk '{ print $2 "\\t" $1 }'`
  return (await ended(spawn('sh', ['-c', script, 'sh', file], { stdio: ['ignore', 'pipe', 'pipe'] }))).stdout
}
