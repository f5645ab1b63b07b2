/**
 * Runs Kafka Streams itself over all scenarios and writes what it gives: `node conformance/regenerate.mjs`.
 * With --check it compares with what is there instead, so that nobody's hand has been in the expected outputs.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const check = process.argv.includes('--check')
const folder = name => join(import.meta.dirname, name)

/** Each writes its expected outputs into the directory it is given. */
const oracles = {
  describe(expected) {
    maven('describe', ['dependency:copy-dependencies', '-DoutputDirectory=target/jars'])
    java('describe', ['-cp', 'target/jars/*', 'Describe.java', expected])
  },
  api(expected) {
    java('api', ['-cp', '../describe/target/jars/*', 'Api.java', expected])
  },
  semantics(expected) {
    maven('semantics', ['compile', 'dependency:copy-dependencies', '-DoutputDirectory=target/jars'])
    java('semantics', [
      '-cp',
      ['target/classes', 'target/jars/*'].join(delimiter),
      'millrace.Oracle',
      'inputs',
      expected
    ])
  }
}

let different = 0
try {
  const program = join(import.meta.dirname, '../packages/testing/dist-test/conformance/regenerate.js')
  execFileSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit' })
} catch {
  different++
}
for (const [name, generate] of Object.entries(oracles)) {
  const fresh = mkdtempSync(join(tmpdir(), `conformance-${name}-`))
  try {
    generate(fresh)
    const expected = join(folder(name), 'expected')
    if (check) different += compare(expected, fresh)
    else {
      rmSync(expected, { recursive: true, force: true })
      cpSync(fresh, expected, { recursive: true })
    }
    console.log(`${name}: ${readdirSync(fresh).length} expected outputs`)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}
process.exitCode = different > 0 ? 1 : 0

function maven(name, args) {
  execFileSync('mvn', ['-q', '-B', ...args], { cwd: folder(name), stdio: ['ignore', 'ignore', 'inherit'] })
}

function java(name, args) {
  execFileSync('java', args, { cwd: folder(name), stdio: ['ignore', 'ignore', 'inherit'] })
}

function compare(expected, fresh) {
  const names = new Set([...readdirSync(expected), ...readdirSync(fresh)])
  const wrong = [...names].filter(name => read(join(expected, name)) !== read(join(fresh, name)))
  for (const name of wrong) console.error(`${join(expected, name)} is not what Kafka Streams gives`)
  return wrong.length
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
