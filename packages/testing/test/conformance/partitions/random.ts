/** Random scenarios over several partitions: `npm run conformance -- --broker 20 --seed 7`. */
import { startKafka } from '@millrace/broker-tool'
import fc from 'fast-check'
import type { Java } from '../java.js'
import { randomScenarios } from '../random/scenarios.js'
import type { Scenario } from '../scenario.js'
import { Scope } from '../scope.js'
import { Cluster } from '../../support/cluster.js'
import { type PartitionedScenario, sideBySide } from './side-by-side.js'

/** A difference that does not come again was one of the order in which tasks wrote. */
const ATTEMPTS = 3
/** Most of the time is spent waiting for commits. */
const AT_ONCE = 4

/** Prints what differs, as scenarios; returns whether there was nothing. */
export async function runRandomOnBroker(
  { count, seed }: { readonly count: number; readonly seed: number },
  { java }: { readonly java: Java }
): Promise<boolean> {
  const given = process.env['KAFKA_BROKERS']
  const kafka = given === undefined || given === '' ? await startKafka() : undefined
  const cluster = await Cluster.connect(kafka?.brokers ?? given!.split(','))
  const drawn = fc.sample(fc.tuple(randomScenarios.filter(fits), fc.integer({ min: 2, max: 4 }), fc.boolean()), {
    numRuns: count,
    seed
  })
  const waiting = drawn.entries()
  let different = 0
  const work = async (): Promise<void> => {
    for (const [index, [scenario, partitions, caching]] of waiting) {
      const found = await lastingDifference({ name: '', scenario, caching }, partitions, { cluster, java })
      if (found === undefined) continue
      different++
      const caches = caching ? 'on' : 'off'
      console.log(
        `Different over ${partitions} partitions, caches ${caches} (number ${index}): ${found}\n${JSON.stringify(scenario)}\n`
      )
    }
  }
  const started = Date.now()
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } finally {
    await cluster.close()
    await kafka?.stop()
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(0)
  console.log(
    `${count - different} of ${count} random scenarios equal over several partitions (seed ${seed}, ${seconds} s)`
  )
  return different === 0
}

async function lastingDifference(
  drawn: PartitionedScenario,
  partitions: number,
  modules: Parameters<typeof sideBySide>[2]
): Promise<string | undefined> {
  let found: string | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const options = { partitions, inputs: drawn.scenario.inputs! }
    found = (await sideBySide([drawn], options, modules)).get(drawn.name)
    if (found === undefined) return undefined
  }
  return found
}

/** Which topologies are refused is compared without a broker, and topics that records choose would have to be there. */
function fits(scenario: Scenario): boolean {
  if (scenario.topology.some(({ topicBy }) => topicBy !== undefined)) return false
  try {
    Scope.build(scenario)
    return true
  } catch {
    return false
  }
}
