/** Topologies over several partitions, as applications of Millrace and of Kafka Streams on one broker, restarted without state half-way. */
import { requireJdk, requireKafka } from '@millrace/broker-tool'
import { expect } from 'chai'
import { type Group, ownScenarios, sharedScenarios } from '../conformance/partitions/cases.js'
import { Cluster } from '../support/cluster.js'
import { sideBySide } from '../conformance/partitions/side-by-side.js'
import { Java } from '../conformance/java.js'

describe('applications over several partitions, beside Kafka Streams', function () {
  this.timeout(240_000)
  let cluster: Cluster
  let java: Java | undefined

  before(async function () {
    const brokers = await requireKafka(this)
    await requireJdk(this)
    cluster = await Cluster.connect(brokers)
    java = new Java()
  })

  after(async () => {
    if (java === undefined) return
    java.close()
    await cluster.close()
  })

  const differences = async ({ scenarios, options }: Group): Promise<object> =>
    Object.fromEntries(await sideBySide(scenarios, options, { cluster, java: java! }))

  for (const caching of [false, true]) {
    it(`write the same into the same partitions of the same topics, caches ${caching ? 'on' : 'off'}`, async () => {
      expect(await differences(sharedScenarios({ caching }))).to.deep.equal({})
    })
  }

  for (const group of ownScenarios()) {
    it(`write the same with inputs of their own: ${group.scenarios[0]!.name}`, async () => {
      expect(await differences(group)).to.deep.equal({})
    })
  }
})
