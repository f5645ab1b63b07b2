import { silentLogger, type BrokerConnection } from '@millrace/core'
import { requireOwnKafka, type RunningKafka } from '@millrace/broker-tool'
import { kafka } from '@millrace/kafka'
import { expect } from 'chai'
import { eventually } from '../support/eventually.js'
import { oneRecord } from '../support/one-record.js'

const TP = { topic: 'led-by-another', partition: 0 }

describe('a cluster of three that loses a node', function () {
  this.timeout(180_000)
  let cluster: RunningKafka | undefined
  let connection: BrokerConnection

  before(async function () {
    cluster = await requireOwnKafka(this, () => Promise.resolve({ nodes: 3, heap: '384m' }))
    const broker = kafka({ brokers: cluster.brokers })
    connection = await broker.connect({ clientId: 'leader-test', logger: silentLogger, requestTimeoutMs: 30_000 })
    await connection.createTopics([{ name: TP.topic, partitions: 1, replicationFactor: 3, config: {} }])
  })

  after(async () => {
    if (cluster === undefined) return
    await connection.close()
    await cluster.stop()
  })

  it('goes on with the new leader and the new coordinator, and has every acknowledged record', async () => {
    const producer = await connection.initProducerId()
    const first = await leader(connection)
    const [before] = await connection.produce(first, [
      { ...TP, records: oneRecord({ ...producer, baseSequence: 0, transactional: false }) }
    ])
    expect(before).to.deep.equal({ ...TP, baseOffset: 0 })
    const outsider = { groupId: 'g', generationId: -1, memberId: '' }
    await connection.commitOffsets(outsider, [{ ...TP, offset: 1, metadata: 'm' }])

    await cluster!.node(first - 1).kill()

    const next = await eventually(async () => {
      const node = await leader(connection)
      expect(node).to.not.equal(first)
      return node
    }, 60_000)
    const baseOffset = await eventually(async () => {
      const [result] = await connection.produce(next, [
        { ...TP, records: oneRecord({ ...producer, baseSequence: 1, transactional: false }) }
      ])
      expect(result!.error).to.equal(undefined)
      return result!.baseOffset
    })
    expect(baseOffset).to.equal(1)
    expect(await connection.fetchOffsets('g', [TP])).to.deep.equal([{ ...TP, offset: 1, metadata: 'm' }])
    expect(await connection.listOffsets([TP], 'latest')).to.deep.equal([{ ...TP, offset: 2 }])
  })
})

async function leader(connection: BrokerConnection): Promise<number> {
  const node = (await connection.describeTopics([TP.topic])).get(TP.topic)?.partitions[0]?.leader
  if (node === undefined) throw new Error('no leader yet')
  return node
}
