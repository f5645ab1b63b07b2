/** What the texts in conformance/scenarios/descriptions.json leave open; those are compared with Kafka Streams' own. */
import { expect } from 'chai'
import { serdes, StreamsBuilder } from '../../support/dsl.js'

const text = { key: serdes.string(), value: serdes.string() }

describe('Topology.describe', () => {
  it('names nodes, topics and stores by subtopology', () => {
    const builder = new StreamsBuilder()
    builder.stream('in', text).groupByKey().count({ store: 'counts' })
    expect(builder.build().describe()).to.equal(
      [
        'Topologies:',
        '   Sub-topology: 0',
        '    Source: KSTREAM-SOURCE-0000000000 (topics: [in])',
        '      --> KSTREAM-AGGREGATE-0000000001',
        '    Processor: KSTREAM-AGGREGATE-0000000001 (stores: [counts])',
        '      --> none',
        '      <-- KSTREAM-SOURCE-0000000000',
        '',
        ''
      ].join('\n')
    )
  })

  it('names the function that chooses the topic of each record, where Kafka Streams names a class', () => {
    const byCountry = (_key: string, value: string): string => `country-${value}`
    const builder = new StreamsBuilder()
    builder.stream('in', text).to(byCountry)
    builder.stream('in', text).to(() => 'elsewhere')
    expect(builder.build().describe())
      .to.include('(extractor class: byCountry)')
      .and.to.include('(extractor class: anonymous)')
  })
})
