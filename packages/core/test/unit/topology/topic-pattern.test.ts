/** Which topics a pattern matches, and which sources may stand beside it. */
import { expect } from 'chai'
import { MillraceError, serdes, StreamsBuilder, type Topology } from '@millrace/core'

const text = { key: serdes.string(), value: serdes.string() }

function topicsOf(pattern: RegExp, ...topics: string[]): readonly string[] {
  const builder = new StreamsBuilder()
  builder.stream(pattern, text)
  return builder.build().matching(topics).subtopologies[0]!.sourceTopics
}

function refusal(build: () => Topology): string {
  try {
    build()
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
  return 'none'
}

describe('a pattern', () => {
  it('matches whole names, and takes topics in the order of their names', () => {
    expect(topicsOf(/b|a/, 'b', 'ab', 'a', 'ba')).to.deep.equal(['a', 'b'])
  })

  it('keeps the meaning of its flags, but for those that make it remember where it was', () => {
    expect(topicsOf(/orders-\w+/gi, 'Orders-EU', 'orders-us', 'ORDERS-us')).to.have.length(3)
  })

  it('leaves topics alone that a source names', () => {
    const builder = new StreamsBuilder()
    builder.globalTable('rows', text)
    builder.stream(/r.*/, text)
    const [, stream] = builder.build().matching(['rows', 'rest']).subtopologies
    expect(stream!.sourceTopics).to.deep.equal(['rest'])
  })

  it('is not to match the topic of a source beside it', () => {
    const builder = new StreamsBuilder()
    builder.stream(/r.*/, text)
    builder.table('rows', text)
    expect(refusal(() => builder.build())).to.equal('TOPOLOGY_TOPIC_ALREADY_REGISTERED')
  })

  it('is read by one source where it is there twice, unless the two read it differently', () => {
    const build = (value: typeof text.value | ReturnType<typeof serdes.bytes>) => () => {
      const builder = new StreamsBuilder()
      builder.stream(/r.*/, text)
      builder.stream<string, unknown>(/r.*/, { key: text.key, value })
      return builder.build()
    }
    expect([...build(text.value)().nodes.keys()]).to.have.length(1)
    expect(refusal(build(serdes.bytes()))).to.equal('TOPOLOGY_TOPIC_ALREADY_REGISTERED')
  })

  it('is refused together with another once a topic matches both', () => {
    const builder = new StreamsBuilder()
    builder.stream(/a.*/, text)
    builder.stream(/.*z/, text)
    const topology = builder.build()
    expect(refusal(() => topology.matching(['ab', 'yz']))).to.equal('none')
    expect(refusal(() => topology.matching(['ab', 'az']))).to.equal('TOPOLOGY_TOPIC_ALREADY_REGISTERED')
  })

  it('stands in the description, whatever it matches', () => {
    const builder = new StreamsBuilder()
    builder.stream(/orders-\d+/, text)
    const topology = builder.build()
    expect(topology.matching(['orders-1']).describe()).to.equal(topology.describe())
    expect(topology.describe()).to.include('(topics: orders-\\d+)')
  })
})
