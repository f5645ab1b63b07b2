/** The flowchart of a topology: a few as they are drawn, and names that nobody should give. */
import { expect } from 'chai'
import fc from 'fast-check'
import { mermaidFlowchart } from '../../../dist/topology/mermaid.js'
import type { Topology } from '../../../dist/topology/topology.js'
import { serdes, StreamsBuilder } from '../../support/dsl.js'

const text = { key: serdes.string(), value: serdes.string() }
const builder = (): StreamsBuilder => new StreamsBuilder()
const drawn = (topology: Topology): string[] => topology.toMermaid().trimEnd().split('\n')

describe('Topology.toMermaid', () => {
  it('draws topics, nodes and stores, each subtopology as a box', () => {
    const lines = builder()
    lines.stream('lines', text).groupByKey().count({ store: 'counts' }).toStream().to('out')
    expect(drawn(lines.build())).to.deep.equal([
      'flowchart TB',
      '  t0(["lines"])',
      '  t1(["out"])',
      '  subgraph g0["Subtopology 0"]',
      '    n0["KSTREAM-SOURCE-0000000000"]',
      '    n1["KSTREAM-AGGREGATE-0000000001"]',
      '    n2["KTABLE-TOSTREAM-0000000002"]',
      '    n3["KSTREAM-SINK-0000000003"]',
      '    s0[("counts")]',
      '    n0 --> n1',
      '    n1 --> n2',
      '    n2 --> n3',
      '    n1 -.- s0',
      '  end',
      '  t0 --> n0',
      '  n3 --> t1'
    ])
  })

  it('draws a pattern in the place of the topics that match it', () => {
    const orders = builder()
    orders.stream(/orders-.+/, text).to('out')
    expect(drawn(orders.build())[1]).to.equal('  t0(["#47;orders-.#43;#47;"])')
  })

  it('draws the repartition topic between two subtopologies with double sides', () => {
    const words = builder()
    words
      .stream('lines', text)
      .groupBy((_key, line) => line, { key: serdes.string() })
      .count({ store: 'counts' })
    const lines = drawn(words.build())
    expect(lines.filter(line => line.startsWith('  t'))).to.deep.equal([
      '  t0(["lines"])',
      '  t1[["counts-repartition"]]',
      '  t0 --> n0',
      '  t1 --> n4'
    ])
    expect(lines).to.include.members([
      '  subgraph g0["Subtopology 0"]',
      '  subgraph g1["Subtopology 1"]',
      '  n3 --> t1'
    ])
  })

  it('says which subtopology fills a global store', () => {
    const prices = builder()
    prices.globalTable('prices', { ...text, store: 'price-list' })
    prices.stream('orders', text).to('checked')
    const lines = drawn(prices.build())
    expect(lines).to.include.members(['  subgraph g0["Subtopology 0 for global store"]', '    s0[("price-list")]'])
    expect(lines).to.include('  subgraph g1["Subtopology 1"]')
  })

  it('draws the function that chooses a topic as a rhombus, one for each sink', () => {
    const byCountry = (_key: string, value: string): string => `country-${value}`
    const orders = builder()
    const stream = orders.stream('orders', text)
    stream.to(byCountry)
    stream.to(byCountry)
    stream.to(() => 'elsewhere')
    expect(drawn(orders.build()).filter(line => line.includes('{'))).to.deep.equal([
      '  t1{"byCountry"}',
      '  t2{"byCountry"}',
      '  t3{"anonymous"}'
    ])
  })

  it('connects a store with all its nodes', () => {
    const join = builder()
    const left = join.table('left', { ...text, store: 'left-store' })
    left.join(join.table('right', { ...text, store: 'right-store' }), (a, b) => a + b)
    const stores = drawn(join.build()).filter(line => line.includes('-.-'))
    expect(stores).to.deep.equal(['    n1 -.- s0', '    n3 -.- s1', '    n4 -.- s1', '    n5 -.- s0'])
  })

  it('is well-formed and keeps every name, whatever the names are', () => {
    const name = fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.constantFrom(...HOSTILE_NAMES))
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 6, maxLength: 6 }), ([source, node, sink, ...rest]) => {
        const [topic, internal, store] = rest as [string, string, string]
        const serde = serdes.string()
        const nodes: Topology['subtopologies'][number]['nodes'] = [
          { kind: 'source', name: source!, topics: [topic], predecessors: [], successors: [node!], ...serdesOf(serde) },
          {
            kind: 'processor',
            name: node!,
            operator: { compile: (_runtime, downstream) => downstream },
            stores: [store],
            predecessors: [source!],
            successors: [sink!]
          },
          {
            kind: 'sink',
            name: sink!,
            topic: internal,
            predecessors: [node!],
            successors: [],
            key: serde,
            value: serde
          }
        ]
        const part = { id: 0, global: false, nodes, sourceTopics: [topic], sinkTopics: [internal], stores: [store] }
        const { names, ends } = parse(mermaidFlowchart([part], name => name === internal))
        expect([...names.values()]).to.have.members([topic, internal, source, node, sink, store])
        expect(ends.map(pair => pair.map(id => names.get(id)))).to.deep.equal([
          [source, node],
          [node, sink],
          [node, store],
          [topic, source],
          [sink, internal]
        ])
      }),
      { numRuns: 500 }
    )
  })
})

const serdesOf = (serde: ReturnType<typeof serdes.string>) => ({
  key: serde,
  value: serde,
  offsetReset: 'earliest' as const
})

const HOSTILE_NAMES = [
  'a"]; end',
  '`**bold**`',
  '%%{init: {"theme": "dark"}}%%',
  '#quot;',
  'style:#a;b',
  'classDef x:#1;',
  'end',
  'subgraph',
  'two\nlines\r',
  '</script><b>',
  '1. a list',
  '---',
  '_under_',
  ' ',
  '𝕌nicode\u2028'
]

/** The part of Mermaid's grammar that the flowchart keeps to; text that is more than harmless characters fails. */
const TEXT = '"((?:[A-Za-z0-9 ._-]|#\\d+;)+)"'
const SHAPES = [`\\[${TEXT}\\]`, `\\(\\[${TEXT}\\]\\)`, `\\[\\[${TEXT}\\]\\]`, `\\[\\(${TEXT}\\)\\]`, `\\{${TEXT}\\}`]
const NODE = new RegExp(`^ +([tns]\\d+)(?:${SHAPES.join('|')})$`)
const EDGE = /^ +([tns]\d+) (?:-->|-\.-) ([tns]\d+)$/

function parse(flowchart: string): { readonly names: Map<string, string>; readonly ends: string[][] } {
  const names = new Map<string, string>()
  const ends: string[][] = []
  let depth = 0
  const [first, ...lines] = flowchart.trimEnd().split('\n')
  expect(first).to.equal('flowchart TB')
  for (const line of lines) {
    const node = NODE.exec(line)
    const edge = EDGE.exec(line)
    if (node !== null) names.set(node[1]!, unescaped(node.slice(2).find(label => label !== undefined)!))
    else if (edge !== null) ends.push([edge[1]!, edge[2]!])
    else if (new RegExp(`^ +subgraph g\\d+\\[${TEXT}\\]$`).test(line)) depth++
    else if (line.trim() === 'end') depth--
    else expect.fail(`not a line of a flowchart: ${JSON.stringify(line)}`)
  }
  expect(depth).to.equal(0)
  return { names, ends }
}

const unescaped = (label: string): string =>
  label.replaceAll(/#(\d+);/g, (_entity, code: string) => String.fromCodePoint(Number(code)))
