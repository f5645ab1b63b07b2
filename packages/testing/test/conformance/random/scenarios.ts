/** Random scenarios: topologies of all operations there are, and inputs that like ties, late records, nulls and jumps in time. */
import fc from 'fast-check'
import type { Input, Restart, Scenario, Step } from '../scenario.js'
import { GLOBAL_TOPICS, growTopology } from './topology.js'

const choices = fc.array(fc.nat({ max: 999 }), { minLength: 8, maxLength: 12 })

const text = fc.constantFrom('a', 'b', 'c', 'ab', 'b c', 'abc', '')

/** How far the time of a record is from that of the one before: late, at the same time, soon, or past a segment. */
const step = fc.oneof(
  { arbitrary: fc.constantFrom(0, 1, 2, 5), weight: 6 },
  { arbitrary: fc.integer({ min: -25, max: 40 }), weight: 6 },
  { arbitrary: fc.constantFrom(100, 1000, 61_000, 250_000, -60_000), weight: 1 }
)

const record = fc.record({
  topic: fc.nat({ max: 5 }),
  key: fc.oneof({ arbitrary: fc.constantFrom('a', 'b', 'c'), weight: 12 }, { arbitrary: fc.constant(null), weight: 1 }),
  value: fc.oneof({ arbitrary: text, weight: 5 }, { arbitrary: fc.constant(null), weight: 1 }),
  step,
  header: fc.oneof({ arbitrary: fc.constant(false), weight: 5 }, { arbitrary: fc.constant(true), weight: 1 }),
  /** How far the wall clock goes before it. */
  wallClockMs: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, { arbitrary: fc.constantFrom(7, 20, 45), weight: 1 })
})

interface Restarted {
  /** The number of a record. */
  readonly before: number
  readonly restart: Restart
}

/** Where the application is restarted: as often as not, nowhere. */
const restarts = fc.oneof(
  fc.constant<readonly Restarted[]>([]),
  fc.array(fc.record({ before: fc.nat({ max: 30 }), restart: fc.constantFrom<Restart>('stateKept', 'stateLost') }), {
    maxLength: 3
  })
)

export const randomScenarios: fc.Arbitrary<Scenario> = fc
  .record({
    genes: fc.array(choices, { minLength: 2, maxLength: 9, size: 'max' }),
    records: fc.array(record, { minLength: 1, maxLength: 30, size: 'max' }),
    optimization: fc.constantFrom(
      {},
      { optimization: 'single.store.self.join' } as const,
      { optimization: 'all' } as const
    ),
    wrapped: fc.boolean(),
    restarts
  })
  .map(({ genes, records, optimization, wrapped, restarts }): Scenario => {
    const { topology: grown, topics } = growTopology(genes)
    const topology = restarts.length === 0 ? grown : grown.map(restartable)
    let time = 0
    const inputs = records.flatMap(({ topic, key, value, step: by, header, wallClockMs }, index): Input[] => {
      time = Math.max(0, time + by)
      const headers = header ? { headers: [['h', String(index)]] as const } : {}
      const restart = restarts
        .filter(({ before }) => before % records.length === index)
        .map(({ restart }) => ({ restart }))
      const name = topics[topic % topics.length]!
      // Kafka Streams' driver commits what a punctuation has led to with the next record that a task gets, and cannot close before.
      const advance = wallClockMs === 0 || GLOBAL_TOPICS.includes(name) ? [] : [{ advanceWallClockMs: wallClockMs }]
      return [...restart, ...advance, { topic: name, key, value, timestamp: time, ...headers }]
    })
    const windows = topology.some(step => step.op === 'windowedBy' || step.differenceMs !== undefined)
    const wrapper = wrapped ? { wrapped } : {}
    return { ...optimization, ...wrapper, topology, inputs, ...(windows ? {} : { inMemory: true }) }
  })

/**
 * A store without a changelog is lost in a restart, or not, as its library pleases; and a table that is restored from its own
 * topic has the times of the records there.
 */
function restartable({ logging: _, timestamps, ...step }: Step): Step {
  return timestamps === undefined || step.op === 'table' ? step : { ...step, timestamps }
}
