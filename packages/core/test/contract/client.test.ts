/** The clients over the embedded log: what the unit tests show of each against a script, here all together. */
import { expect } from 'chai'
import type { Broker, BrokerConnection } from '../../dist/broker/broker.js'
import { RecordBatchWriter } from '../../dist/broker/record-batch/index.js'
import { Fetcher, type FetchedBatches } from '../../dist/client/fetcher.js'
import { GroupMember, type GroupMemberSubscription, type MemberAssignment } from '../../dist/client/group-member.js'
import { readPartition } from '../../dist/client/partition-reader.js'
import { Producer } from '../../dist/client/producer.js'
import { systemClock } from '../../dist/clock.js'
import { embedded } from '../../dist/embedded/index.js'
import { silentLogger } from '../../dist/logger.js'
import { NO_HEADERS, type TopicPartition } from '../../dist/record.js'
import { assignTasks } from '../../dist/runtime/assignor.js'
import { eventually } from '../support/eventually.js'

const PARTITIONS = 4

function assignLines(members: readonly GroupMemberSubscription[]): Map<string, MemberAssignment> {
  const tasks = Array.from({ length: PARTITIONS }, (_, partition) => ({
    id: `0_${partition}`,
    partitions: [{ topic: 'lines', partition }]
  }))
  const group = members.map(member => ({
    ...member,
    processId: member.memberId,
    ownedTasks: [],
    taskOffsets: new Map<string, number>()
  }))
  return new Map(
    [...assignTasks({ members: group, tasks })].map(([id, { partitions }]) => [
      id,
      { partitions, userData: Buffer.alloc(0) }
    ])
  )
}

describe('the clients on the embedded log', () => {
  let broker: Broker
  let connections: BrokerConnection[]

  async function connect(): Promise<BrokerConnection> {
    const connection = await broker.connect({ clientId: 'test', logger: silentLogger })
    connections.push(connection)
    return connection
  }

  beforeEach(async () => {
    connections = []
    broker = embedded()
    const admin = await connect()
    await admin.createTopics([{ name: 'lines', partitions: PARTITIONS, replicationFactor: -1, config: {} }])
  })

  afterEach(async () => {
    for (const connection of connections) await connection.close()
    await broker.close()
  })

  const modulesOf = (connection: BrokerConnection) => ({ connection, logger: silentLogger, clock: systemClock })

  function send(producer: Producer, partition: number, ...values: string[]): void {
    const writer = new RecordBatchWriter()
    for (const value of values) {
      const bytes = Buffer.from(value)
      writer.append(Date.now(), bytes, -1, -1, 0, bytes.length, NO_HEADERS)
    }
    producer.send('lines', partition, writer)
  }

  function valuesOf(batches: FetchedBatches['batches']): string[] {
    const values: string[] = []
    for (const batch of batches) {
      const cursor = batch.cursor()
      while (cursor.next()) values.push(cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd))
    }
    return values
  }

  it('fetches and reads back what was produced, in order', async () => {
    const connection = await connect()
    const producer = await Producer.open({}, modulesOf(connection))
    const expected = Array.from({ length: 200 }, (_, i) => `line ${i}`)
    for (const value of expected) send(producer, 0, value)
    send(producer, 1, 'other')
    expect(await producer.flush()).to.deep.equal(
      new Map([
        [
          'lines',
          new Map([
            [0, 200],
            [1, 1]
          ])
        ]
      ])
    )

    const read: string[] = []
    for await (const batches of readPartition(
      { topic: 'lines', partition: 0, from: 0, to: 200 },
      modulesOf(connection)
    )) {
      read.push(...valuesOf(batches))
    }
    expect(read).to.deep.equal(expected)

    const fetched: string[] = []
    const fetcher = new Fetcher(
      { isolation: 'read_committed' },
      {
        ...modulesOf(connection),
        onBatches: ({ batches }) => void fetched.push(...valuesOf(batches)),
        onError: error => void fetched.push(error.code)
      }
    )
    fetcher.add({ topic: 'lines', partition: 0 }, 0)
    await eventually(() => expect(fetched).to.deep.equal(expected))
    send(producer, 0, 'late')
    await eventually(() => expect(fetched.at(-1)).to.equal('late'))
    await fetcher.close()
    await producer.close()
  })

  it('lets two members exchange partitions, none ever owned by both, and the one take all when the other leaves', async () => {
    const owned = new Map<string, readonly TopicPartition[]>()
    const overlaps: string[] = []
    async function aMember(name: string): Promise<GroupMember> {
      const member: GroupMember = new GroupMember(
        {
          groupId: 'app',
          clientId: name,
          protocol: 'test',
          sessionTimeoutMs: 10_000,
          rebalanceTimeoutMs: 10_000,
          heartbeatIntervalMs: 50
        },
        {
          ...modulesOf(await connect()),
          subscription: () => ({
            topics: ['lines'],
            userData: Buffer.from(name),
            ownedPartitions: owned.get(name) ?? []
          }),
          assign: members => Promise.resolve(assignLines(members)),
          onEvent: event => {
            if (event.type !== 'assigned') return
            owned.set(name, event.partitions)
            const all = [...owned.values()].flat().map(({ partition }) => partition)
            if (new Set(all).size < all.length) overlaps.push(`${event.generationId}: ${all.join(' ')}`)
            if (event.revoked.length > 0) member.rejoin('gave up partitions')
          }
        }
      )
      member.start()
      return member
    }
    const first = await aMember('first')
    await eventually(() => expect(owned.get('first')).to.have.length(PARTITIONS))
    const second = await aMember('second')
    await eventually(() => {
      expect(owned.get('first')).to.have.length(PARTITIONS / 2)
      expect(owned.get('second')).to.have.length(PARTITIONS / 2)
    })
    expect(overlaps).to.deep.equal([])
    const [tp] = owned.get('second')!
    await second.commit([{ ...tp!, offset: 7, metadata: '' }])
    owned.delete('first')
    await first.leave()
    await eventually(() => expect(owned.get('second')).to.have.length(PARTITIONS))
    const committed = await (await connect()).fetchOffsets('app', [tp!])
    expect(committed.map(({ offset }) => offset)).to.deep.equal([7])
    await second.leave()
  })
})
