import { expect } from 'chai'
import { JoinWindows, serdes, StreamsBuilder } from '../../support/dsl.js'

const text = { key: serdes.string(), value: serdes.string() }
const windows = JoinWindows.ofTimeDifferenceAndGrace(5_000, 1_000)
const pair = (left: unknown, right: unknown) => `${left}/${right}`

describe('windows of a join', () => {
  it('reach as far before as after, unless they are told otherwise', () => {
    expect(windows).to.include({ beforeMs: 5_000, afterMs: 5_000, graceMs: 1_000, sizeMs: 10_000 })
    expect(windows.before(0)).to.include({ beforeMs: 0, afterMs: 5_000, graceMs: 1_000, sizeMs: 5_000 })
    expect(windows.after(-2_000)).to.include({ beforeMs: 5_000, afterMs: -2_000, graceMs: 1_000, sizeMs: 3_000 })
    expect(JoinWindows.ofTimeDifferenceWithNoGrace(1)).to.include({ beforeMs: 1, afterMs: 1, graceMs: 0, sizeMs: 2 })
  })

  for (const [what, make] of [
    ['a difference that is no whole number', () => JoinWindows.ofTimeDifferenceWithNoGrace(0.5)],
    ['a negative difference', () => JoinWindows.ofTimeDifferenceWithNoGrace(-1)],
    ['a negative grace', () => JoinWindows.ofTimeDifferenceAndGrace(1, -1)],
    ['an end before the beginning', () => windows.before(-5_001)]
  ] as const) {
    it(`refuse ${what}`, () => {
      expect(make).to.throw().with.property('code', 'WINDOW_INVALID')
    })
  }
})

describe('a stream joined with a stream', () => {
  it('is stored for as long as the windows and their grace', () => {
    const builder = new StreamsBuilder()
    const right = builder.stream('right', text)
    builder.stream('left', text).outerJoin(right, pair, windows, { store: 'pairs', logging: { 'segment.ms': '1' } })
    const { stores } = builder.build()
    expect(stores.get('pairs-outer-this-join-store')).to.include({
      kind: 'window',
      retentionMs: 11_000,
      windowSizeMs: 10_000,
      retainDuplicates: true,
      caching: false,
      logging: true
    })
    const configs = [...stores.values()].map(({ name, changelogConfig }) => [name, changelogConfig])
    expect(Object.fromEntries(configs)).to.deep.equal({
      'pairs-outer-this-join-store': { 'segment.ms': '1', 'cleanup.policy': 'delete' },
      'pairs-outer-other-join-store': { 'segment.ms': '1', 'cleanup.policy': 'delete' },
      'pairs-outer-shared-join-store': { 'segment.ms': '1' }
    })
  })

  it('asks that both topics have equally many partitions', () => {
    const builder = new StreamsBuilder()
    builder.stream('left', text).join(builder.stream('right', text), pair, windows)
    expect(builder.build().copartitioned).to.deep.equal([['left', 'right']])
  })

  it('needs the serdes of both streams, and says of which and where to give them', () => {
    const streams = () => {
      const builder = new StreamsBuilder()
      const known = builder.stream('known', text)
      return { known, unknown: builder.stream('unknown', text).mapValues(value => value.length) }
    }
    const right = streams()
    expect(() => right.known.join(right.unknown, pair, windows))
      .to.throw('{ otherValue: serdes… } to join()')
      .with.property('code', 'TOPOLOGY_SERDE_MISSING')
    const left = streams()
    expect(() => left.unknown.leftJoin(left.known, pair, windows)).to.throw('{ value: serdes… } to leftJoin()')
    right.known.join(right.unknown, pair, windows, { otherValue: serdes.int64() })
  })

  it('must be of the same builder', () => {
    const other = new StreamsBuilder().stream('right', text)
    expect(() => new StreamsBuilder().stream('left', text).outerJoin(other, pair, windows))
      .to.throw()
      .with.property('code', 'TOPOLOGY_FOREIGN_STREAM')
  })
})

describe('a stream joined with itself', () => {
  const optimized = { optimization: ['singleStoreSelfJoin'] } as const

  it('has one store where that is asked for, and two where not', () => {
    const builder = new StreamsBuilder()
    const stream = builder.stream('in', text)
    stream.join(stream, pair, windows, { store: 'pairs' })
    expect([...builder.build(optimized).stores.keys()]).to.deep.equal(['pairs-this-join-store'])
    expect([...builder.build({ optimization: 'all' }).stores.keys()]).to.deep.equal(['pairs-this-join-store'])
    expect([...builder.build().stores.keys()]).to.deep.equal(['pairs-this-join-store', 'pairs-other-join-store'])
  })

  it('is also one that was read from the same topic twice', () => {
    const builder = new StreamsBuilder()
    builder.stream('in', text).outerJoin(builder.stream('in', text), pair, windows)
    expect(builder.build(optimized).stores).to.have.property('size', 1)
  })

  it('is none that was changed, or read from another topic', () => {
    const builder = new StreamsBuilder()
    const stream = builder.stream('in', text)
    const changed = stream.mapValues(value => value, { value: text.value })
    stream.join(changed, pair, windows)
    stream.join(builder.stream('other', text), pair, windows)
    expect(builder.build(optimized).stores).to.have.property('size', 4)
  })
})
