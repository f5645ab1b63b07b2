/**
 * Runs Kafka Streams itself over all scenarios and writes what it gives: `node conformance/regenerate.mjs`.
 * With --check it compares with what is there instead, so that nobody's hand has been in the expected outputs.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Compiles conformance/java first, and fetches the jars.
await import('../packages/testing/dist-test/conformance/regenerate.js')
listMethods()

/** The names of Kafka Streams' public methods. */
function listMethods() {
  const check = process.argv.includes('--check')
  const expected = join(import.meta.dirname, 'api/expected')
  const written = check ? mkdtempSync(join(tmpdir(), 'conformance-api-')) : expected
  const jars = join(import.meta.dirname, 'java/target/jars/*')
  execFileSync('java', ['-cp', jars, 'Api.java', written], {
    cwd: join(import.meta.dirname, 'api'),
    stdio: ['ignore', 'ignore', 'inherit']
  })
  if (!check) return
  const fresh = readFileSync(join(written, 'methods.txt'), 'utf8')
  rmSync(written, { recursive: true })
  if (fresh === readFileSync(join(expected, 'methods.txt'), 'utf8')) return
  console.error(`${expected} is not what Kafka Streams has`)
  process.exitCode = 1
}
