/** Which internal topics a topology leaves behind, and what each has become, by their names. */
import { expect } from 'chai'
import { leftBehind, type LeftTopic, topologyChanges } from '../../../dist/runtime/topology-changes.js'

const AGGREGATE = 'app-KSTREAM-AGGREGATE-STATE-STORE-000000000'

describe('leftBehind', () => {
  const used = new Set(['app-counts-changelog', 'app-counts-repartition', 'app-prices-changelog'])
  const read = new Set([
    'orders',
    'app-old-repartition',
    'app-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000009-topic',
    'app-topic'
  ])
  const cases: readonly (readonly [what: string, topic: string, isLeft: boolean])[] = [
    ['a changelog of a store that is gone', 'app-totals-changelog', true],
    ['a changelog that is used', 'app-counts-changelog', false],
    ["a topic of the user's that is called like one", 'app-prices-changelog', false],
    ['the changelog of a store that now has none', 'app-rows-changelog', false],
    ['a changelog of another application', 'other-totals-changelog', false],
    ['a repartition topic that was read', 'app-old-repartition', true],
    ['a repartition topic that was never read', 'app-new-repartition', false],
    ['a topic of a foreign-key join', 'app-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000009-topic', true],
    ["a topic of the user's that was read", 'app-topic', false],
    ['a source topic', 'orders', false]
  ]
  for (const [what, topic, isLeft] of cases) {
    it(`${isLeft ? 'has' : 'leaves out'} ${what}`, () => {
      const found = leftBehind([topic], { applicationId: 'app', stores: ['counts', 'rows'], used, read })
      expect(found).to.deep.equal(isLeft ? [topic] : [])
    })
  }
})

describe('topologyChanges', () => {
  type Size = readonly [name: string, partitions?: number, records?: number]
  interface Case {
    readonly left: readonly Size[]
    readonly added: readonly Size[]
    /** Names of successors, in the order of what is left. */
    readonly successors: readonly (string | undefined)[]
  }
  const cases: Record<string, Case> = {
    'finds the store whose generated number has shifted': {
      left: [[`${AGGREGATE}3-changelog`]],
      added: [[`${AGGREGATE}5-changelog`]],
      successors: [`${AGGREGATE}5-changelog`]
    },
    'keeps the order of two of a kind': {
      left: [[`${AGGREGATE}7-changelog`], [`${AGGREGATE}3-changelog`]],
      added: [[`${AGGREGATE}9-changelog`], [`${AGGREGATE}5-changelog`]],
      successors: [`${AGGREGATE}9-changelog`, `${AGGREGATE}5-changelog`]
    },
    'finds it too when the number of partitions has changed with it': {
      left: [[`${AGGREGATE}3-changelog`, 2]],
      added: [[`${AGGREGATE}5-changelog`, 4]],
      successors: [`${AGGREGATE}5-changelog`]
    },
    'prefers the number of partitions to the order': {
      left: [[`${AGGREGATE}3-changelog`, 2]],
      added: [
        [`${AGGREGATE}4-changelog`, 4],
        [`${AGGREGATE}5-changelog`, 2]
      ],
      successors: [`${AGGREGATE}5-changelog`]
    },
    'takes a generated store of another kind for another store': {
      left: [[`${AGGREGATE}3-changelog`]],
      added: [['app-KTABLE-SUPPRESS-STATE-STORE-0000000005-changelog']],
      successors: [undefined]
    },
    'finds the stores of a stream-stream join': {
      left: [['app-KSTREAM-JOINTHIS-0000000004-store-changelog'], ['app-KSTREAM-JOINOTHER-0000000005-store-changelog']],
      added: [
        ['app-KSTREAM-JOINOTHER-0000000006-store-changelog'],
        ['app-KSTREAM-JOINTHIS-0000000005-store-changelog']
      ],
      successors: [
        'app-KSTREAM-JOINTHIS-0000000005-store-changelog',
        'app-KSTREAM-JOINOTHER-0000000006-store-changelog'
      ]
    },
    'finds the store that now has a name': {
      left: [[`${AGGREGATE}3-changelog`]],
      added: [['app-counts-changelog']],
      successors: ['app-counts-changelog']
    },
    'finds the store whose name was left out': {
      left: [['app-counts-changelog']],
      added: [[`${AGGREGATE}3-changelog`]],
      successors: [`${AGGREGATE}3-changelog`]
    },
    'finds the store that has another name': {
      left: [['app-counts-changelog']],
      added: [['app-totals-changelog']],
      successors: ['app-totals-changelog']
    },
    'takes a named store of another number of partitions for another store': {
      left: [['app-counts-changelog', 2]],
      added: [['app-totals-changelog', 4]],
      successors: [undefined]
    },
    'knows numbers in application ids from generated ones': {
      left: [['app-2026112300-counts-changelog']],
      added: [['app-2026112300-totals-changelog']],
      successors: ['app-2026112300-totals-changelog']
    },
    'gives a store that is gone no successor where none was added': {
      left: [['app-counts-changelog']],
      added: [],
      successors: [undefined]
    },
    'gives two stores no common successor': {
      left: [['app-a-changelog'], ['app-b-changelog']],
      added: [['app-c-changelog']],
      successors: ['app-c-changelog', undefined]
    },
    'has no successor for a topic without records, of which nothing can be lost': {
      left: [[`${AGGREGATE}3-changelog`, 1, 0]],
      added: [[`${AGGREGATE}5-changelog`]],
      successors: [undefined]
    },
    'finds a repartition topic whose generated number has shifted': {
      left: [[`${AGGREGATE}3-repartition`]],
      added: [[`${AGGREGATE}5-changelog`], [`${AGGREGATE}5-repartition`]],
      successors: [`${AGGREGATE}5-repartition`]
    },
    'takes no changelog for a repartition topic': {
      left: [['app-counts-repartition']],
      added: [['app-totals-changelog']],
      successors: [undefined]
    },
    'finds the topics of a foreign-key join': {
      left: [['app-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000006-topic']],
      added: [
        ['app-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000016-topic'],
        ['app-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000008-topic']
      ],
      successors: ['app-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000008-topic']
    }
  }
  for (const [does, { left, added, successors }] of Object.entries(cases)) {
    it(does, () => {
      const topics = left.map(([name, partitions = 1, records = 1]): LeftTopic => ({ name, partitions, records }))
      const changes = topologyChanges(
        topics,
        added.map(([name, partitions = 1]) => ({ name, partitions }))
      )
      expect(changes).to.deep.equal(topics.map((topic, i) => ({ ...topic, successor: successors[i] })))
    })
  }
})
