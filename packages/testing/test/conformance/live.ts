/** Runs scenarios on Millrace and on Kafka Streams side by side: `npm run conformance -- --help`. */
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { canonical } from './canonical.js'
import { areas, casesOf } from './cases.js'
import { comparable, comparablePart } from './comparable.js'
import { difference } from './difference.js'
import { Java } from './java.js'
import { runRandomOnBroker } from './partitions/random.js'
import { randomScenarios } from './random/scenarios.js'
import { runScenario } from './run.js'
import type { Scenario } from './scenario.js'

const { values } = parseArgs({
  options: {
    random: { type: 'string' },
    broker: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
    help: { type: 'boolean' }
  }
})

const HELP = `npm run conformance                              all scenarios in conformance/scenarios
npm run conformance -- --random 1000 [--seed 7]   as many random ones; a difference is shrunk and printed as a scenario
npm run conformance -- --broker 20 [--seed 7]     random ones over several partitions of a real broker; KAFKA_BROKERS names one`

if (values.help) console.log(HELP)
else {
  const java = new Java()
  try {
    process.exitCode = (await run(java)) ? 0 : 1
  } finally {
    java.close()
  }
}

function run(java: Java): Promise<boolean> {
  if (values.broker !== undefined) return runRandomOnBroker({ count: Number(values.broker), seed: seed() }, { java })
  return values.random === undefined ? runWritten(java) : runRandom(java)
}

function seed(): number {
  return values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed)
}

async function compare(java: Java, scenario: Scenario): Promise<string | undefined> {
  const [ours, theirs] = await Promise.all([runScenario(scenario), java.run(scenario)])
  if (!comparable(scenario, ours, theirs)) return undefined
  const found = difference(canonical(comparablePart(scenario, ours)), canonical(comparablePart(scenario, theirs)))
  if (found === undefined) return undefined
  const reasons = [ours.refused, theirs.refused, ours.cached?.failed?.message, theirs.cached?.failed?.message]
  return [found, ...reasons.filter(reason => reason !== undefined)].join('\n')
}

async function runWritten(java: Java): Promise<boolean> {
  const cases = areas().flatMap(casesOf)
  let different = 0
  for (const { area, name, inputs, scenario } of cases) {
    const found = await compare(java, scenario)
    if (found === undefined) continue
    different++
    console.log(`${area}: ${name} ${inputs}\n${found}\n`)
  }
  console.log(`${cases.length - different} of ${cases.length} scenarios equal`)
  return different === 0
}

async function runRandom(java: Java): Promise<boolean> {
  const numRuns = Number(values.random)
  const drawn = seed()
  const started = Date.now()
  const property = fc.asyncProperty(randomScenarios, async scenario => {
    const found = await compare(java, scenario)
    if (found !== undefined) throw new Error(found)
  })
  const details = await fc.check(property, {
    numRuns,
    seed: drawn,
    ...(values.path === undefined ? {} : { path: values.path })
  })
  const seconds = ((Date.now() - started) / 1000).toFixed(0)
  if (!details.failed) {
    console.log(`${numRuns} random scenarios equal (seed ${drawn}, ${seconds} s)`)
    return true
  }
  console.log(
    `Different after ${details.numRuns} random scenarios (--seed ${drawn} --path ${details.counterexamplePath})`
  )
  console.log(String(details.errorInstance))
  console.log(JSON.stringify(details.counterexample?.[0]))
  return false
}
