import { silentLogger, type BrokerConnection, type ProduceBatch } from '@millrace/core'
import { requireOwnKafka, type RunningKafka } from '@millrace/broker-tool'
import { kafka } from '@millrace/kafka'
import { expect } from 'chai'
import { eventually } from '../support/eventually.js'
import { oneRecord } from '../support/one-record.js'

const TP = { topic: 'restarted', partition: 0 }

/** Needs brokers of its own: it kills them. */
describe('a broker that goes and comes back', function () {
  this.timeout(180_000)
  let cluster: RunningKafka | undefined
  let connection: BrokerConnection

  before(async function () {
    cluster = await requireOwnKafka(this)
    connection = await kafka({ brokers: cluster.brokers }).connect({
      clientId: 'restart-test',
      logger: silentLogger,
      requestTimeoutMs: 15_000
    })
    await connection.createTopics([
      { name: TP.topic, partitions: 1, replicationFactor: 1, config: { 'retention.ms': '-1' } }
    ])
  })

  after(async () => {
    if (cluster === undefined) return
    await connection.close()
    await cluster.stop()
  })

  it('is found again by produce and fetch, and every record is there once', async () => {
    const producer = await connection.initProducerId()
    let sequence = 0
    const produceNext = async (): Promise<number> => {
      const batch: ProduceBatch = {
        ...TP,
        records: oneRecord({ ...producer, baseSequence: sequence, transactional: false })
      }
      // The same batch again after a failure: its sequence number keeps it from being written twice.
      const offset = await eventually(async () => {
        const [result] = await connection.produce(await leader(connection), [batch])
        if (result!.error !== undefined) throw new Error(result!.error)
        return result!.baseOffset
      }, 60_000)
      sequence++
      return offset
    }

    expect(await produceNext()).to.equal(0)
    const waiting = connection.fetch(await leader(connection), fetchFrom(1, 20_000), new AbortController().signal)
    const outcome = waiting.then(
      () => 'answered',
      (error: { code?: string }) => error.code
    )
    await cluster!.node(0).kill()
    expect(await outcome, 'the fetch that waited').to.equal('BROKER_UNREACHABLE')

    const appended = produceNext()
    await cluster!.node(0).start()
    expect(await appended).to.equal(1)

    await cluster!.node(0).stop()
    await cluster!.node(0).start()
    expect(await produceNext()).to.equal(2)

    const result = await eventually(
      async () =>
        (await connection.fetch(await leader(connection), fetchFrom(0, 100), new AbortController().signal))[0]!
    )
    expect(result.highWatermark).to.equal(3)
  })

  it('is found again by calls that look for the right node themselves', async () => {
    await cluster!.node(0).kill()
    const offsets = connection.listOffsets([TP], 'latest')
    const committed = connection.fetchOffsets('some-group', [TP])
    await cluster!.node(0).start()
    const [latest] = await eventually(() => offsets)
    expect(latest!.offset).to.equal(3)
    expect(await committed).to.deep.equal([])
  })
})

async function leader(connection: BrokerConnection): Promise<number> {
  const topic = (await connection.describeTopics([TP.topic])).get(TP.topic)
  const node = topic?.partitions[0]?.leader
  if (node === undefined) throw new Error('no leader yet')
  return node
}

function fetchFrom(offset: number, maxWaitMs: number): Parameters<BrokerConnection['fetch']>[1] {
  return {
    maxWaitMs,
    minBytes: 1,
    maxBytes: 1 << 20,
    isolation: 'read_committed',
    partitions: [{ ...TP, offset, maxBytes: 1 << 20 }]
  }
}
