/** `ensureExplicitInternalResourceNaming`: which names a topology must be given, and which come of them. */
import { expect } from 'chai'
import { MillraceError } from '@millrace/state'
import { JoinWindows, serdes, StreamsBuilder } from '../../support/dsl.js'
import { Suppressed } from '../../../dist/dsl/suppressed.js'

const text = { key: serdes.string(), value: serdes.string() }
const second = JoinWindows.ofTimeDifferenceWithNoGrace(1000)

/** Names that are generated; empty where the topology is taken. */
function unnamed(make: (builder: StreamsBuilder) => unknown): unknown[] {
  const builder = new StreamsBuilder()
  make(builder)
  try {
    builder.build({ ensureExplicitInternalResourceNaming: true })
    return []
  } catch (error) {
    expect(error).to.be.instanceOf(MillraceError).with.property('code', 'TOPOLOGY_UNNAMED')
    const { stores, repartitionTopics } = (error as MillraceError).details as Record<string, unknown[]>
    return [...stores!, ...repartitionTopics!]
  }
}

describe('ensureExplicitInternalResourceNaming', () => {
  type Case = readonly [what: string, make: (builder: StreamsBuilder) => unknown, names: readonly string[]]
  const streams = (builder: StreamsBuilder) => [builder.stream('l', text), builder.stream('r', text)] as const
  const tables = (builder: StreamsBuilder) =>
    [builder.table('l', { ...text, store: 'l' }), builder.table('r', { ...text, store: 'r' })] as const
  const cases: readonly Case[] = [
    [
      'an aggregation without a store name',
      builder => builder.stream('in', text).groupByKey().count({ name: 'counting' }),
      ['KSTREAM-AGGREGATE-STATE-STORE-0000000001']
    ],
    [
      'a suppression without a name and a changelog, of which nothing is left behind',
      builder =>
        builder.table('in', { ...text, store: 'in' }).suppress(Suppressed.untilTimeLimit(10, { logging: false })),
      []
    ],
    ['one with', builder => builder.stream('in', text).groupByKey().count({ store: 'counts' }), []],
    [
      'the repartition topic of an aggregation without a store name',
      builder =>
        builder
          .stream('in', text)
          .groupBy((_key, value) => value, text)
          .count(),
      ['KSTREAM-AGGREGATE-STATE-STORE-0000000002', 'KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition']
    ],
    [
      'that of one with, which is named after it',
      builder =>
        builder
          .stream('in', text)
          .groupBy((_key, value) => value, text)
          .count({ store: 'counts' }),
      []
    ],
    [
      'a repartition',
      builder => builder.stream('in', text).repartition().to('out'),
      ['KSTREAM-REPARTITION-0000000001-repartition']
    ],
    ['a repartition with a name', builder => builder.stream('in', text).repartition({ name: 'r' }).to('out'), []],
    [
      'the stores of a stream-stream join',
      builder => {
        const [left, right] = streams(builder)
        left.leftJoin(right, (one, other) => `${one} ${other}`, second)
      },
      [
        'KSTREAM-JOINTHIS-0000000004-store',
        'KSTREAM-OUTEROTHER-0000000005-store',
        'KSTREAM-OUTERSHARED-0000000004-store'
      ]
    ],
    [
      'those of one with a store name',
      builder => {
        const [left, right] = streams(builder)
        left.leftJoin(right, (one, other) => `${one} ${other}`, second, { store: 'joined' })
      },
      []
    ],
    [
      'a suppression',
      builder => builder.table('in', { ...text, store: 'rows' }).suppress(Suppressed.untilTimeLimit(10)),
      ['KTABLE-SUPPRESS-STATE-STORE-0000000003']
    ],
    [
      'a suppression with a name',
      builder => builder.table('in', { ...text, store: 'rows' }).suppress(Suppressed.untilTimeLimit(10, { name: 's' })),
      []
    ],
    ['a table that has no store', builder => builder.table('in', text).toStream().to('out'), []],
    [
      'a table that a join needs the store of',
      builder => {
        const left = builder.table('l', { ...text, store: 'l' })
        left.join(builder.table('r', text), (one, other) => one + other)
      },
      ['r-STATE-STORE-0000000002']
    ],
    ['a global table', builder => builder.globalTable('g', text), ['g-STATE-STORE-0000000000']],
    [
      'what a foreign-key join makes for itself',
      builder => {
        const [left, right] = tables(builder)
        left.join(
          right,
          value => value,
          (one, other) => one + other
        )
      },
      [
        'KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-0000000008',
        'KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000004-topic',
        'KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000012-topic'
      ]
    ],
    [
      'that of one with a name',
      builder => {
        const [left, right] = tables(builder)
        left.join(
          right,
          value => value,
          (one, other) => one + other,
          { name: 'fk' }
        )
      },
      []
    ],
    [
      'a name that looks generated, and was given',
      builder => builder.stream('in', text).groupByKey().count({ store: 'KSTREAM-AGGREGATE-STATE-STORE-0000000007' }),
      []
    ]
  ]
  for (const [what, make, names] of cases) {
    it(`${names.length === 0 ? 'takes' : 'refuses'} ${what}`, () => {
      expect(unnamed(make)).to.deep.equal(names)
    })
  }

  it('is off by default', () => {
    const builder = new StreamsBuilder()
    builder.stream('in', text).groupByKey().count()
    expect(() => builder.build()).to.not.throw()
  })
})
