/** Two instances on the embedded broker: who answers what, and what happens to counts when records are processed again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embedded, silentLogger, type Broker, type BrokerConnection } from '@millrace/core'
import { expect } from 'chai'
import { eventually } from '../../../shared/dist-test/support/eventually.js'
import { openInstance, type Instance } from '../../dist/instance.js'
import { Ledger } from '../../dist/ledger.js'
import { ensureTopics } from '../../dist/topics.js'
import { TOPICS } from '../../dist/topology.js'
import { Trade, type Booking } from '../../dist/trade.js'
import { ask } from '../support/answers.js'
import { plainCounts } from '../support/plain-model.js'

describe('instances of the inventory', function () {
  this.timeout(60_000)
  let directory: string
  let broker: Broker
  let connection: BrokerConnection
  let partitions: number
  let ledger: Ledger
  let booked: Booking[]
  const instances: Instance[] = []

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'inventory-'))
    broker = embedded()
    connection = await broker.connect({ clientId: 'test', logger: silentLogger })
    partitions = await ensureTopics(connection)
    ledger = await Ledger.open({ partitions }, { connection, logger: silentLogger })
    booked = []
  })
  afterEach(async () => {
    await Promise.all(instances.splice(0).map(close))
    await ledger.close()
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function start(name: string) {
    const options = { applicationId: 'inventory', directory: join(directory, name), port: 0 }
    const instance = await openInstance(options, { broker, logger: silentLogger })
    instances.push(instance)
    await instance.application.start()
    return { port: instance.server.port, ...instance }
  }

  async function close({ application, server }: Instance) {
    await server.close()
    await application.close()
  }

  async function book(seed: number, length: number) {
    const trade = new Trade({ seed })
    for (let i = 0; i < length; i++) {
      const booking = trade.next()
      booked.push(booking)
      await ledger.book(booking)
    }
    await ledger.flush()
  }

  const expectCounts = (port: number, ownerPorts: readonly number[]) =>
    eventually(async () => {
      const answers = await ask(
        port,
        booked.map(({ key }) => key)
      )
      expect(answers.counts).to.deep.equal(plainCounts(booked))
      expect(answers.ownerPorts).to.deep.equal(ownerPorts.toSorted((a, b) => a - b))
    })

  it('each answer about every item, while one joins and the other leaves', async () => {
    const first = await start('first')
    await book(1, 300)
    await expectCounts(first.port, [first.port])
    const second = await start('second')
    await book(2, 300)
    const both = [first.port, second.port]
    await expectCounts(first.port, both)
    await expectCounts(second.port, both)
    await close(first)
    await book(3, 300)
    await expectCounts(second.port, [second.port])
  })

  it('count nothing twice when everything is processed again, as it may be after a crash', async () => {
    const first = await start('first')
    await book(4, 500)
    await expectCounts(first.port, [first.port])
    await close(first)
    const inputs = [TOPICS.sales, TOPICS.shipments].flatMap(topic =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
    )
    const nobody = { groupId: 'inventory', generationId: -1, memberId: '' }
    await connection.commitOffsets(
      nobody,
      inputs.map(input => ({ ...input, offset: 0, metadata: '' }))
    )
    await book(5, 50)
    const again = await start('first')
    await eventually(async () => expect((await again.application.lag()).total).to.equal(0))
    expect(again.application.totals().processed).to.equal(550)
    await expectCounts(again.port, [again.port])
  })
})
