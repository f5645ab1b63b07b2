import { expect } from 'chai'
import { filter } from '../../../dist/operators/filter.js'
import { GraphBuilder, serdes, StreamsBuilder } from '../../support/dsl.js'

const text = { key: serdes.string(), value: serdes.string() }
const source = (name: string, ...topics: string[]) =>
  ({ kind: 'source', name, topics, offsetReset: 'earliest', ...text }) as const
const step = (name: string, ...predecessors: string[]) =>
  ({ kind: 'processor', name, operator: filter(() => true, true), stores: [], predecessors }) as const
const sink = (name: string, topic: string, ...predecessors: string[]) =>
  ({ kind: 'sink', name, topic, predecessors, ...text }) as const

function graph(...nodes: Parameters<GraphBuilder['add']>[0][]): GraphBuilder {
  const builder = new GraphBuilder()
  for (const node of nodes) builder.add(node)
  return builder
}

const code = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'nothing thrown'
}

describe('GraphBuilder', () => {
  it('connects both ways, upstream before downstream, whatever the order of addition', () => {
    const topology = graph(sink('out', 't', 'step'), step('step', 'in'), source('in', 's')).build()
    expect([...topology.nodes.keys()]).to.deep.equal(['in', 'step', 'out'])
    expect(topology.nodes.get('in')!.successors).to.deep.equal(['step'])
    expect(topology.nodes.get('out')!.predecessors).to.deep.equal(['step'])
    expect(topology.subtopologies[0]).to.deep.include({ id: 0, sourceTopics: ['s'], sinkTopics: ['t'], stores: [] })
  })

  it('gives out frozen nodes, and topologies that later additions leave alone', () => {
    const builder = graph(source('in', 's'))
    const topology = builder.build()
    builder.add(step('step', 'in'))
    expect(topology.nodes.size).to.equal(1)
    expect(topology.nodes.get('in')!.successors).to.deep.equal([])
    expect(builder.build().nodes.size).to.equal(2)
    expect(Object.isFrozen(topology.nodes.get('in'))).to.equal(true)
  })

  it('refuses a topology without a source', () => {
    expect(code(() => new GraphBuilder().build())).to.equal('TOPOLOGY_EMPTY')
    expect(code(() => new StreamsBuilder().build())).to.equal('TOPOLOGY_EMPTY')
  })

  it('refuses a predecessor that is missing or a sink', () => {
    expect(code(() => graph(source('in', 's'), step('a', 'nowhere')).build())).to.equal('TOPOLOGY_UNKNOWN_PREDECESSOR')
    expect(code(() => graph(source('in', 's'), sink('out', 't', 'in'), step('a', 'out')).build())).to.equal(
      'TOPOLOGY_UNKNOWN_PREDECESSOR'
    )
  })

  it('refuses a node without a predecessor', () => {
    expect(code(() => graph(source('in', 's'), step('a')).build())).to.equal('TOPOLOGY_UNCONNECTED')
  })

  it('refuses a cycle, and names it', () => {
    expect(() => graph(source('in', 's'), step('a', 'in', 'c'), step('b', 'a'), step('c', 'b')).build())
      .to.throw(/b -> c -> a|a -> b -> c|c -> a -> b/)
      .with.property('code', 'TOPOLOGY_CYCLE')
  })

  it('refuses two nodes, stores or repartition topics of one name', () => {
    expect(code(() => graph(source('in', 's'), step('in', 'in')))).to.equal('TOPOLOGY_DUPLICATE_NAME')
    const builder = new GraphBuilder()
    const store = { kind: 'key-value', name: 's', logging: true, caching: true, ...text } as const
    builder.addStore(store)
    builder.addStore(store)
    expect(code(() => builder.addStore({ ...store }))).to.equal('TOPOLOGY_DUPLICATE_NAME')
    builder.addRepartitionTopic({ name: 'r' })
    expect(code(() => builder.addRepartitionTopic({ name: 'r' }))).to.equal('TOPOLOGY_DUPLICATE_NAME')
  })

  it('refuses a topic that two sources read', () => {
    expect(code(() => graph(source('a', 's'), source('b', 'x', 's')).build())).to.equal(
      'TOPOLOGY_TOPIC_ALREADY_REGISTERED'
    )
  })

  it('refuses a topic with the name of a repartition topic', () => {
    const builder = new StreamsBuilder()
    builder.stream('again-repartition', text).repartition({ name: 'again' })
    expect(() => builder.build())
      .to.throw(/repartition topic/)
      .with.property('code', 'TOPOLOGY_TOPIC_ALREADY_REGISTERED')
  })

  it('refuses names that Kafka would not take', () => {
    for (const topic of ['', '.', '..', 'a b', 'ü', 'x'.repeat(250)]) {
      expect(
        code(() => graph(source('in', topic))),
        topic
      ).to.equal('TOPOLOGY_INVALID_NAME')
    }
    expect(code(() => graph(source('in')))).to.equal('TOPOLOGY_INVALID_NAME')
    expect(code(() => graph(sink('out', 'a/b')))).to.equal('TOPOLOGY_INVALID_NAME')
    expect(code(() => graph(source('in', 'x'.repeat(249))).build())).to.equal('nothing thrown')
  })

  it('numbers subtopologies in the order of their first nodes', () => {
    const topology = graph(source('z', 's1'), source('b', 's2'), source('a', 's3'), step('m', 'z', 'a')).build()
    expect(topology.subtopologies.map(part => part.sourceTopics)).to.deep.equal([['s1', 's3'], ['s2']])
  })

  it('keeps nodes that share a store together', () => {
    const using = (name: string, predecessor: string) => ({ ...step(name, predecessor), stores: ['shared'] })
    const builder = graph(source('a', 's1'), source('b', 's2'), using('c', 'a'), using('d', 'b'))
    builder.addStore({ kind: 'key-value', name: 'shared', logging: true, caching: true, ...text })
    expect(builder.build().subtopologies).to.have.length(1)
  })
})

describe('two streams of the same topics', () => {
  it('share a source if they read alike', () => {
    const builder = new StreamsBuilder()
    builder.stream(['a', 'b'], text).to('x')
    builder.stream(['b', 'a'], text).to('y')
    const topology = builder.build()
    expect([...topology.nodes.values()].filter(node => node.kind === 'source')).to.have.length(1)
    expect(topology.nodes.get('KSTREAM-SOURCE-0000000000')!.successors).to.deep.equal([
      'KSTREAM-SINK-0000000001',
      'KSTREAM-SINK-0000000003'
    ])
  })

  it('are refused if they decode differently, or are a stream and a table', () => {
    const differing = new StreamsBuilder()
    differing.stream('a', text)
    differing.stream('a', { ...text, value: serdes.int64() })
    expect(code(() => differing.build())).to.equal('TOPOLOGY_TOPIC_ALREADY_REGISTERED')
    const both = new StreamsBuilder()
    both.stream('a', text)
    both.table('a', text)
    expect(code(() => both.build())).to.equal('TOPOLOGY_TOPIC_ALREADY_REGISTERED')
  })

  it('keep their place in a join after they are merged', () => {
    const builder = new StreamsBuilder()
    const rows = builder.table('rows', text)
    builder.stream('a', text).to('x')
    builder
      .stream('a', text)
      .join(rows, value => value)
      .to('y', text)
    expect(builder.build().copartitioned).to.deep.equal([['a', 'rows']])
  })
})
