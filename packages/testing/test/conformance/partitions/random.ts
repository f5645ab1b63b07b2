/** Random scenarios over several partitions: `npm run conformance -- --broker 20 --seed 7`. */
import { startKafka } from '@millrace/broker-tool'
import fc from 'fast-check'
import type { Java } from '../java.js'
import { randomScenarios } from '../random/scenarios.js'
import type { Scenario } from '../scenario.js'
import { Scope } from '../scope.js'
import { Cluster } from '../../support/cluster.js'
import { entry } from './cases.js'
import { type Failure, shrink, smallerScenarios } from './shrink.js'
import { sideBySide } from './side-by-side.js'

/** A difference that does not come again was one of the order in which tasks wrote. */
const ATTEMPTS = 3
/** Most of the time is spent waiting for commits. */
const AT_ONCE = 4
/** How many smaller scenarios are tried: each takes seconds. */
const SHRINK_TRIES = 160

interface Drawn {
  readonly scenario: Scenario
  readonly partitions: number
  readonly caching: boolean
}

interface Different extends Failure<Drawn> {
  readonly number: number
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  scenario: randomScenarios.filter(fits).map(withoutWallClock),
  partitions: fc.integer({ min: 2, max: 4 }),
  caching: fc.boolean()
})

/** Prints what differs, as small as it can be made, as entries of the list; returns whether there was nothing. */
export async function runRandomOnBroker(
  { count, seed }: { readonly count: number; readonly seed: number },
  { java }: { readonly java: Java }
): Promise<boolean> {
  const given = process.env['KAFKA_BROKERS']
  const kafka = given === undefined || given === '' ? await startKafka() : undefined
  const cluster = await Cluster.connect(kafka?.brokers ?? given!.split(','))
  const reasonOf = (value: Drawn): Promise<string | undefined> => lastingDifference(value, { cluster, java })
  const waiting = fc.sample(drawn, { numRuns: count, seed }).entries()
  const different: Different[] = []
  const work = async (): Promise<void> => {
    for (const [number, value] of waiting) {
      const reason = await reasonOf(value)
      if (reason === undefined) continue
      different.push({ value, number, reason })
      console.log(`Different (number ${number}): ${reason}\n${shown(value, `random-${seed}-${number}`)}\n`)
    }
  }
  const started = Date.now()
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    for (const one of different) {
      const { value, reason } = await shrink(one, { atOnce: AT_ONCE, tries: SHRINK_TRIES }, { reasonOf, smaller })
      console.log(`Shrunk (number ${one.number}): ${reason}\n${shown(value, `random-${seed}-${one.number}`)}\n`)
    }
  } finally {
    await cluster.close()
    await kafka?.stop()
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(0)
  console.log(
    `${count - different.length} of ${count} random scenarios equal over several partitions (seed ${seed}, ${seconds} s)`
  )
  return different.length === 0
}

function* smaller({ scenario, ...rest }: Drawn): Generator<Drawn> {
  for (const each of smallerScenarios(scenario)) if (fits(each)) yield { ...rest, scenario: each }
}

/** On a broker nothing is wrapped. */
function shown({ scenario: { wrapped: _, ...scenario }, partitions, caching }: Drawn, name: string): string {
  return entry(name, { partitions, caching, ...scenario })
}

async function lastingDifference(
  { scenario, partitions, caching }: Drawn,
  modules: Parameters<typeof sideBySide>[2]
): Promise<string | undefined> {
  let found: string | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const options = { partitions, inputs: scenario.inputs! }
    found = (await sideBySide([{ name: '', scenario, caching }], options, modules)).get('')
    if (found === undefined) return undefined
  }
  return found
}

/**
 * Which topologies are refused is compared without a broker, topics that records choose would have to be there, and nobody moves
 * the wall clock.
 */
function fits(scenario: Scenario): boolean {
  const { topology } = scenario
  if (topology.some(({ topicBy, punctuation }) => topicBy !== undefined || punctuation === 'wallClock')) return false
  try {
    Scope.build(scenario)
    return true
  } catch {
    return false
  }
}

function withoutWallClock({ inputs = [], ...scenario }: Scenario): Scenario {
  return { ...scenario, inputs: inputs.filter(input => !('advanceWallClockMs' in input)) }
}
