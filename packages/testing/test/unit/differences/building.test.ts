/** What docs/reference/differences.md says under "Building a topology", heading by heading. */
import { type KStream, type ProcessorContext, serdes, StreamsBuilder, UnlimitedWindows } from '@millrace/core'
import { expect } from 'chai'

const text = { key: serdes.string(), value: serdes.string() }

describe('Millrace, unlike Kafka Streams,', () => {
  it('needs every serde where records are written', () => {
    const { key } = text
    const builder = new StreamsBuilder()
    const lengths = builder.stream('in', text).map((word, value) => [value, word.length])
    expect(() => lengths.to('out', { key }))
      .to.throw()
      .with.property('code', 'TOPOLOGY_SERDE_MISSING')
  })

  it('asks for the names of what it makes, where it is to ask', () => {
    const named = { ensureExplicitInternalResourceNaming: true }
    const plain = new StreamsBuilder()
    plain.table('in', text).toStream().to('out')
    expect(() => plain.build(named)).to.not.throw()
    const joining = new StreamsBuilder()
    const left = joining.table('left', { ...text, store: 'left' })
    const right = joining.table('right', { ...text, store: 'right' })
    left.join(
      right,
      value => value,
      (one, other) => one + other,
      { ...text, store: 'joined' }
    )
    expect(() => joining.build(named))
      .to.throw()
      .with.property('code', 'TOPOLOGY_UNNAMED')
  })

  it('merges repartition topics below a split', () => {
    const builder = new StreamsBuilder()
    const counted = (branch: KStream<string, string>): void => void branch.groupByKey(text).count()
    builder
      .stream('in', text)
      .selectKey((_key, value) => value)
      .split()
      .branch((_key, value) => value > 'm', { chain: counted })
      .defaultBranch({ chain: counted })
    expect(builder.build({ optimization: 'all' }).repartitionTopics).to.have.property('size', 1)
  })

  it('gives unlimited windows no size', () => {
    expect(UnlimitedWindows.of().sizeMs).to.equal(Infinity)
  })

  it('keeps a repartition topic below a processor that may change keys', () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .selectKey((_key, value) => value)
      .process<string, string>(() => {
        let context: ProcessorContext<string, string>
        return {
          init: given => void (context = given),
          process: ({ key, ...record }) => context.forward({ ...record, key: `${key}!` })
        }
      })
      .groupByKey(text)
      .count()
    const lines = builder.build({ optimization: 'all' }).describe().split('\n')
    const at = (part: string) => lines.findIndex(line => line.includes(part))
    expect(at('Processor: KSTREAM-PROCESSOR')).to.be.within(at('Sub-topology: 0'), at('Sink:'))
    expect(at('Sink:')).to.be.lessThan(at('Sub-topology: 1'))
  })

  it('keeps a repartition topic below a join with a global table', () => {
    const builder = new StreamsBuilder()
    const lengths = builder.globalTable('lengths', { key: text.key, value: serdes.int64() })
    builder
      .stream('in', text)
      .selectKey((_key, value) => value)
      .join(
        lengths,
        key => key,
        (_value, length) => length
      )
      .groupByKey({ key: text.key, value: serdes.int64() })
      .count()
    const lines = builder.build({ optimization: 'all' }).describe().split('\n')
    const at = (part: string) => lines.findIndex(line => line.includes(part))
    expect(at('Processor: KSTREAM-LEFTJOIN')).to.be.within(at('Sub-topology: 1'), at('Sink:'))
    expect(at('Sink:')).to.be.lessThan(at('Sub-topology: 2'))
  })

  it('numbers subtopologies by their first node', () => {
    const builder = new StreamsBuilder()
    const grouped = builder.stream('first', text).groupBy((_key, value) => value, { ...text, name: 'grouped' })
    grouped.count()
    builder.stream('second', text).to('out', text)
    grouped.count()
    const { subtopologies } = builder.build()
    expect(subtopologies.map(({ sourceTopics }) => sourceTopics)).to.deep.equal([
      ['first'],
      ['grouped-repartition'],
      ['second']
    ])
  })
})
