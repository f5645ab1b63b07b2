import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { StreamsBuilder } from '../../support/dsl.js'
import { describedTopologies } from '../../support/described-topologies.js'

const EXPECTED = new URL('../../../../../conformance/describe/expected/', import.meta.url)

describe('Topology.describe', () => {
  it('is compared with every text of Kafka Streams', () => {
    const files = readdirSync(EXPECTED).map(file => file.replace(/\.txt$/, ''))
    expect([...describedTopologies.keys()].sort()).to.deep.equal(files.sort())
  })

  for (const [name, build] of describedTopologies) {
    it(`prints what Kafka Streams prints: ${name}`, () => {
      const builder = new StreamsBuilder()
      build(builder)
      expect(builder.build().describe()).to.equal(readFileSync(new URL(`${name}.txt`, EXPECTED), 'utf8'))
    })
  }
})
