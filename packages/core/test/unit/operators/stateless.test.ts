import { expect } from 'chai'
import { type KStream, serdes, StreamsBuilder } from '../../support/dsl.js'
import { type Output, TopologyRun } from '../../support/topology-run.js'

const text = { key: serdes.string(), value: serdes.string() }

/** What a topology of one stream writes to `out` for the records given. */
function outputs(
  build: (stream: KStream<string, string>) => void,
  ...records: [string | null, string | null, number?][]
): Output[] {
  const builder = new StreamsBuilder()
  build(builder.stream('in', text))
  const run = new TopologyRun(builder.build())
  for (const record of records) run.pipe('in', ...record)
  return run.read('out')
}

describe('stateless operators', () => {
  it('map changes key and value and keeps the timestamp', () => {
    expect(outputs(s => s.map((k, v) => [v, k], text).to('out'), ['a', 'b', 7])).to.deep.equal([['b', 'a', 7]])
  })

  it('mapValues gives the mapper the value first, then the key', () => {
    expect(outputs(s => s.mapValues((v, k) => `${v}/${k}`, text).to('out'), ['k', 'v'])).to.deep.equal([
      ['k', 'v/k', 0]
    ])
  })

  it('mapValues shows null values to the mapper', () => {
    expect(outputs(s => s.mapValues(v => String(v), text).to('out'), ['k', null])).to.deep.equal([['k', 'null', 0]])
  })

  it('flatMap writes every pair in order, with the timestamp of the record', () => {
    const twice = (k: string, v: string): [string, string][] => [
      [v, k],
      [k, v]
    ]
    expect(outputs(s => s.flatMap(twice, text).to('out'), ['a', 'b', 3])).to.deep.equal([
      ['b', 'a', 3],
      ['a', 'b', 3]
    ])
  })

  it('flatMapValues takes any iterable, also an empty one', () => {
    const words = function* (line: string): Iterable<string> {
      if (line !== '') yield* line.split(' ')
    }
    expect(outputs(s => s.flatMapValues(words, text).to('out'), ['k', 'x y'], ['k', ''])).to.deep.equal([
      ['k', 'x', 0],
      ['k', 'y', 0]
    ])
  })

  it('filter keeps what the predicate holds for, and filterNot the rest', () => {
    const isA = (key: string): boolean => key === 'a'
    expect(outputs(s => s.filter(isA).to('out'), ['a', '1'], ['b', '2'])).to.deep.equal([['a', '1', 0]])
    expect(outputs(s => s.filterNot(isA).to('out'), ['a', '1'], ['b', '2'])).to.deep.equal([['b', '2', 0]])
  })

  it('filter lets null keys and values through', () => {
    expect(outputs(s => s.filter(() => true).to('out'), [null, null])).to.deep.equal([[null, null, 0]])
  })

  it('selectKey changes the key only', () => {
    expect(outputs(s => s.selectKey((k, v) => k + v, text).to('out'), ['a', 'b'])).to.deep.equal([['ab', 'b', 0]])
  })

  it('peek sees each record before what follows it', () => {
    const seen: string[] = []
    outputs(s => s.peek((k, v) => seen.push(`peek ${k}${v}`)).foreach(k => seen.push(`then ${k}`)), ['a', 'b'])
    expect(seen).to.deep.equal(['peek ab', 'then a'])
  })

  it('merge writes the records of both', () => {
    expect(
      outputs(
        s =>
          s
            .filter(k => k === 'a')
            .merge(s.filter(k => k === 'b'))
            .to('out'),
        ['b', '1'],
        ['a', '2'],
        ['c', '3']
      )
    ).to.deep.equal([
      ['b', '1', 0],
      ['a', '2', 0]
    ])
  })

  it('split sends a record into the first branch that wants it, else into the default branch', () => {
    const build = (s: KStream<string, string>): void => {
      const branches = s
        .split()
        .branch(k => k < 'c', { name: '-low' })
        .branch(k => k < 'e')
        .defaultBranch()
      branches
        .get('-low')
        .mapValues(v => `low ${v}`, text)
        .to('out')
      branches
        .get('2')
        .mapValues(v => `mid ${v}`, text)
        .to('out')
      branches
        .get('0')
        .mapValues(v => `rest ${v}`, text)
        .to('out')
    }
    expect(outputs(build, ['z', '1'], ['a', '2'], ['d', '3']).map(output => output[1])).to.deep.equal([
      'rest 1',
      'low 2',
      'mid 3'
    ])
  })

  it('split without a default branch lets the rest go', () => {
    const build = (s: KStream<string, string>): void =>
      s
        .split()
        .branch(k => k === 'a')
        .noDefaultBranch()
        .get('1')
        .to('out')
    expect(outputs(build, ['a', '1'], ['b', '2'])).to.deep.equal([['a', '1', 0]])
  })

  it('split lists what chain returns in place of the branch, and nothing when it returns nothing', () => {
    const build = (s: KStream<string, string>): void => {
      const branches = s
        .split({ name: 'way-' })
        .branch(k => k === 'a', {
          name: 'gone',
          chain: stream => {
            stream.foreach(() => {})
          }
        })
        .defaultBranch({ name: 'rest', chain: stream => stream.mapValues(v => `${v}!`, text) })
      expect(branches.names).to.deep.equal(['way-rest'])
      branches.get('rest').to('out')
    }
    expect(outputs(build, ['a', '1'], ['b', '2'])).to.deep.equal([['b', '2!', 0]])
  })

  it('to asks a function for the topic of each record', () => {
    const build = (s: KStream<string, string>): void => s.to((_key, value, context) => `${value}${context.offset}`)
    const builder = new StreamsBuilder()
    build(builder.stream('in', text))
    const run = new TopologyRun(builder.build()).pipe('in', 'k', 'out').pipe('in', 'k', 'out')
    expect(run.read('out0')).to.deep.equal([['k', 'out', 0]])
    expect(run.read('out1')).to.deep.equal([['k', 'out', 0]])
  })

  it('calls the uses of one stream in the order in which they were added', () => {
    const build = (s: KStream<string, string>): void => {
      s.mapValues(() => 'first', text).to('out')
      s.mapValues(() => 'second', text).to('out')
    }
    expect(outputs(build, ['k', 'v']).map(output => output[1])).to.deep.equal(['first', 'second'])
  })

  it('repartition goes through its topic, and drops null keys and says so', () => {
    const builder = new StreamsBuilder()
    builder.stream('in', text).repartition({ name: 'again' }).to('out')
    const run = new TopologyRun(builder.build()).pipe('in', 'k', 'v', 5).pipe('in', null, 'v')
    expect(run.read('out')).to.deep.equal([['k', 'v', 5]])
    expect(run.drops).to.have.length(1)
  })
})
