/** What joins with global tables and global stores do beside what is compared with Kafka Streams. */
import { expect } from 'chai'
import { type Processor, stores, TopologyBuilder } from '@millrace/core'
import { GlobalKTable, serdes, StreamsBuilder } from '../../support/dsl.js'
import { TopologyRun } from '../../support/topology-run.js'

const text = { key: serdes.string(), value: serdes.string() }
const store = stores.keyValue('rows', text)

class Idle implements Processor<string, string, never, never> {
  process(): void {}
}

/** Joins by the first letter of the value; none for an empty one. */
function run(method: 'join' | 'leftJoin'): TopologyRun {
  const builder = new StreamsBuilder()
  const rows = builder.globalTable('rows', text)
  const stream = builder.stream('in', text)
  const letter = (_key: string, value: string) => value[0] ?? null
  const joiner = (value: string, row: string | null, key: string) => `${key}:${value}/${row}`
  const joined = method === 'join' ? stream.join(rows, letter, joiner) : stream.leftJoin(rows, letter, joiner)
  joined.to('out', text)
  return new TopologyRun(builder.build()).pipe('rows', 'a', 'A', 50)
}

const codeOf = (build: () => unknown): unknown => {
  try {
    build()
  } catch (error) {
    return (error as { code: unknown }).code
  }
  return 'nothing thrown'
}

describe('a stream joined with a global table', () => {
  it('keeps its keys and times, whatever those of the row are', () => {
    expect(run('join').pipe('in', 'k', 'ab', 7).read('out')).to.deep.equal([['k', 'k:ab/A', 7]])
  })

  it('has nothing for a missing row where the join is inner, and does not call that dropped', () => {
    const app = run('join').pipe('in', 'k', 'x')
    expect(app.read('out')).to.deep.equal([])
    expect(app.drops).to.deep.equal([])
  })

  it('joins null for a missing row, or where there is no key of the table, in a left join', () => {
    const app = run('leftJoin').pipe('in', 'k', 'x').pipe('in', 'k', '')
    expect(app.read('out').map(([, value]) => value)).to.deep.equal(['k:x/null', 'k:/null'])
    expect(app.drops).to.deep.equal([])
  })

  it('drops null values, and in an inner join what has no key of the table', () => {
    const left = run('leftJoin').pipe('in', 'k', null)
    const inner = run('join').pipe('in', 'k', null).pipe('in', 'k', '')
    expect([left.read('out'), inner.read('out')]).to.deep.equal([[], []])
    expect([left.drops.length, inner.drops.length]).to.deep.equal([1, 2])
  })

  it('joins a null key of its own: the row has another', () => {
    expect(run('join').pipe('in', null, 'ab').read('out')).to.deep.equal([[null, 'null:ab/A', 0]])
  })

  it('is refused a table of another builder', () => {
    const foreign = new StreamsBuilder().globalTable('rows', text)
    const join = () =>
      new StreamsBuilder().stream('in', text).join(
        foreign,
        key => key,
        value => value
      )
    expect(codeOf(join)).to.equal('TOPOLOGY_FOREIGN_STREAM')
  })
})

describe('a global table', () => {
  it('has a name for queries, its own or a generated one', () => {
    const builder = new StreamsBuilder()
    const names = [builder.globalTable('a', text), builder.globalTable('b', { ...text, store: 'bees' })]
    expect(names.map(table => table.queryableStoreName)).to.deep.equal(['a-STATE-STORE-0000000000', 'bees'])
    expect(names[0]).to.be.instanceOf(GlobalKTable)
  })

  it('leaves out null keys and says so', () => {
    expect(run('join').pipe('rows', null, 'x').drops).to.have.length(1)
  })

  it('is refused without serdes', () => {
    const untyped = new StreamsBuilder() as any
    expect(codeOf(() => untyped.globalTable('rows'))).to.equal('TOPOLOGY_SERDE_MISSING')
  })
})

describe('a global store of the Processor API', () => {
  const withStore = () =>
    new TopologyBuilder().addGlobalStore(store, 'rows', () => new Idle(), { ...text, source: 's', processor: 'p' })

  it('hands nothing on to other nodes', () => {
    const goingOn = withStore().addSink('out', 'out', { ...text, parents: ['p'] })
    const beside = withStore().addProcessor('q', () => new Idle(), { parents: ['s'] })
    expect(codeOf(() => goingOn.build())).to.equal('TOPOLOGY_GLOBAL_STORE')
    expect(codeOf(() => beside.build())).to.equal('TOPOLOGY_GLOBAL_STORE')
  })

  it('is not connected to other processors', () => {
    const connected = withStore()
      .addSource('in', 'in', text)
      .addProcessor('q', () => new Idle(), { parents: ['in'] })
      .connectProcessorAndStateStores('q', 'rows')
    expect(codeOf(() => connected.build())).to.equal('TOPOLOGY_GLOBAL_STORE')
  })
})
