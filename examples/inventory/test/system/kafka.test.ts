/** Two instances on a real Kafka, one of which is killed: the other answers about everything, and the counts are right. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireKafka } from '@millrace/broker-tool'
import { silentLogger, type BrokerConnection } from '@millrace/core'
import { kafka } from '@millrace/kafka'
import { expect } from 'chai'
import { answersAt, ended, type Program } from '../../../shared/dist-test/support/ended.js'
import { eventually } from '../../../shared/dist-test/support/eventually.js'
import { Ledger } from '../../dist/ledger.js'
import { ensureTopics } from '../../dist/topics.js'
import { Trade, type Booking } from '../../dist/trade.js'
import { ask } from '../support/answers.js'
import { plainCounts } from '../support/plain-model.js'
import { MAIN } from '../support/program.js'

describe('inventory on Kafka', function () {
  this.timeout(120_000)
  let brokers: string
  let directory: string
  let applicationId: string
  let connection: BrokerConnection | undefined
  let ledger: Ledger
  let booked: Booking[]
  const programs: Program[] = []

  before(async function () {
    brokers = (await requireKafka(this)).join(',')
  })
  beforeEach(async () => {
    applicationId = `inventory-${randomUUID()}`
    directory = await mkdtemp(join(tmpdir(), 'inventory-kafka-'))
    connection = await kafka({ brokers: brokers.split(',') }).connect({ clientId: 'test', logger: silentLogger })
    const partitions = await ensureTopics(connection)
    ledger = await Ledger.open({ partitions }, { connection, logger: silentLogger })
    booked = []
  })
  afterEach(async () => {
    for (const program of programs.splice(0)) if (program.exitCode === null) program.kill('SIGKILL')
    await ledger.close()
    await connection?.close()
    await rm(directory, { recursive: true, force: true })
  })

  /** Each process has a directory and a port of its own, as on machines of their own. */
  async function start(name: string): Promise<{ readonly program: Program; readonly port: number }> {
    const own = ['--directory', join(directory, name), '--port', '0']
    const program = spawn(process.execPath, [MAIN, '--brokers', brokers, '--application-id', applicationId, ...own], {
      stdio: ['ignore', 'pipe', 'pipe']
    })
    programs.push(program)
    return { program, port: Number((await answersAt(program)).port) }
  }

  /** Trade of stores that no other test has. */
  async function book(seed: number, length: number, during: (booked: number) => void = () => undefined) {
    const trade = new Trade({ seed })
    for (let i = 0; i < length; i++) {
      const { key, ...rest } = trade.next()
      const booking = { ...rest, key: { ...key, storeId: `${key.storeId}-${applicationId}` } }
      booked.push(booking)
      await ledger.book(booking)
      during(i)
      if (i % 20 === 0) await new Promise(resolve => setTimeout(resolve, 10))
    }
    await ledger.flush()
  }

  const expectCounts = (port: number, owners: readonly number[]) =>
    eventually(async () => {
      const keys = new Map(booked.map(({ key }) => [JSON.stringify(key), key]))
      const { counts, ownerPorts } = await ask(port, keys.values())
      expect(counts).to.deep.equal(plainCounts(booked))
      expect(ownerPorts).to.deep.equal(owners.toSorted((a, b) => a - b))
    }, 60_000)

  it('is right from the survivor when one of two instances is killed with kill -9 while records come', async () => {
    const [first, second] = await Promise.all([start('first'), start('second')])
    const both = [first.port, second.port]
    await book(1, 1_000)
    await expectCounts(first.port, both)
    await expectCounts(second.port, both)
    const end = ended(first.program)
    await book(2, 6_000, i => {
      if (i === 3_000) first.program.kill('SIGKILL')
    })
    await end
    await book(3, 500)
    await expectCounts(second.port, [second.port])
  })

  it('is right when an instance joins late, and when the first one leaves', async () => {
    const first = await start('first')
    await book(4, 1_000)
    await expectCounts(first.port, [first.port])
    const second = await start('second')
    await book(5, 1_000)
    await expectCounts(second.port, [first.port, second.port])
    const end = ended(first.program)
    first.program.kill('SIGINT')
    const { status, stderr } = await end
    expect(status, stderr).to.equal(0)
    await book(6, 1_000)
    await expectCounts(second.port, [second.port])
    expect(second.program.exitCode).to.equal(null)
  })
})
