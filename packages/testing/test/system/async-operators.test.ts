/**
 * Async operators on a real Kafka, while processes are killed, stopped and added: nothing is committed before it is done,
 * nothing is lost, and orders are kept.
 */
import { requireKafka } from '@millrace/broker-tool'
import type { AsyncOrder } from '@millrace/core'
import { expect } from 'chai'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from '../../../core/dist-test/support/eventually.js'
import { Cluster, type Offsets, type StoredRecord } from '../support/cluster.js'
import { type RatingOptions, type Trace, traces } from '../support/rating.js'

const PROGRAM = fileURLToPath(new URL('../support/rating-program.js', import.meta.url))
const ORDERS: readonly AsyncOrder[] = ['per-key', 'per-partition', 'none']
const PARTITIONS = 4
const KEYS = 24
/** More than all processes do in the time that it takes to write it. */
const BACKLOG = 800
const PATIENCE_MS = 60_000

describe('async operators on Kafka', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let directory: string | undefined
  let applicationId: string
  let journal: string
  let fed: number
  const processes: ChildProcess[] = []
  const input = () => `${applicationId}.in`
  const output = (order: AsyncOrder) => `${applicationId}.out-${order}`

  before(async function () {
    cluster = await Cluster.connect(await requireKafka(this))
    directory = await mkdtemp(join(tmpdir(), 'millrace-async-'))
  })

  after(async () => {
    if (directory === undefined) return
    await cluster.close()
    await rm(directory, { recursive: true })
  })

  beforeEach(async () => {
    applicationId = `async-${randomUUID()}`
    journal = join(directory!, `${applicationId}.journal`)
    await writeFile(journal, '')
    fed = 0
    await cluster.create([input(), ...ORDERS.map(output)], PARTITIONS)
  })

  afterEach(async () => {
    await Promise.all(processes.splice(0).map(kill))
    await cluster.delete([input(), ...ORDERS.map(output)])
  })

  function start(name: string, orders: readonly AsyncOrder[], { holding = false } = {}): ChildProcess {
    const options: RatingOptions = {
      name,
      brokers: cluster.brokers,
      applicationId,
      stateDirectory: join(directory!, applicationId, name),
      journal,
      input: input(),
      outputs: Object.fromEntries(orders.map(order => [order, output(order)])),
      holding
    }
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit']
    })
    processes.push(child)
    return child
  }

  /** Each record's value is its number. */
  async function feed(count: number): Promise<void> {
    const values = Array.from({ length: count }, () => fed++)
    await cluster.write(
      input(),
      ...values.map(value => ({ key: `key ${value % KEYS}`, value: String(value), timestamp: value }))
    )
  }

  const told = async (): Promise<Trace[]> => traces(await readFile(journal, 'utf8'))
  const committed = () => cluster.committed(applicationId, [input()])
  const ends = () => cluster.ends([input()])
  const at = (offsets: Offsets, partition: number) => offsets.get(`${input()}-${partition}`) ?? 0

  /** Gives the processes more to do until all of these have done something. */
  const untilAtWork = (...names: string[]) =>
    eventually(async () => {
      await feed(KEYS)
      const all = await told()
      for (const name of names) expect(partitionsOf(all, name, 'done'), name).not.to.have.length(0)
    }, PATIENCE_MS)

  const untilAllCommitted = () =>
    eventually(async () => expect(await committed()).to.deep.equal(await ends()), PATIENCE_MS)

  function expectNothingEarly(offsets: Offsets, all: readonly Trace[]): void {
    const done = new Set(all.filter(({ event }) => event === 'done').map(callOf))
    for (const order of new Set(all.map(trace => trace.order))) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const calls = Array.from({ length: at(offsets, partition) }, (_, offset) =>
          callOf({ order, partition, offset })
        )
        const undone = calls.filter(call => !done.has(call))
        expect(undone, `committed up to ${calls.length}`).to.deep.equal([])
      }
    }
  }

  it('commit nothing before it is done, lose nothing and keep orders when one process is killed and one is stopped', async () => {
    const first = start('first', ORDERS)
    const second = start('second', ORDERS)
    await untilAtWork('first', 'second')

    await feed(BACKLOG)
    await kill(first)
    const atKill = await committed()
    const toldAtKill = await told()
    expectNothingEarly(atKill, toldAtKill)
    const given = await ends()
    const cutOff = partitionsOf(toldAtKill, 'first', 'done').filter(one => at(atKill, one) < at(given, one))
    expect(cutOff, 'partitions that it was in the middle of').not.to.have.length(0)

    const third = start('third', ORDERS)
    await untilAtWork('third')
    await feed(BACKLOG)
    await stop(second)
    expectNothingEarly(await committed(), await told())

    await untilAllCommitted()
    await stop(third)
    const repeated = (await told())
      .slice(toldAtKill.length)
      .filter(({ partition, offset }) => offset < at(atKill, partition))
    expect(repeated, 'calls for what was committed').to.deep.equal([])

    const records = await cluster.read(input())
    expect(records).to.have.length(fed)
    for (const order of ORDERS) {
      const results = (await cluster.read(output(order))).map(({ value }) => String(value))
      expect(new Set(results), order).to.deep.equal(new Set(records.map(({ value }) => String(value))))
      for (const lane of lanesOf(order, records)) {
        const positions = results.flatMap(value => lane.get(value) ?? [])
        expect(skips(positions), `${order}: ${positions.join(' ')}`).to.deep.equal([])
      }
    }
  })

  it('have the signals of their calls fired when tasks move, and the next owner makes these calls again', async () => {
    await feed(PARTITIONS * KEYS)
    const first = start('first', ['per-key'], { holding: true })
    await eventually(
      async () => expect(partitionsOf(await told(), 'first', 'began')).to.have.length(PARTITIONS),
      PATIENCE_MS
    )
    const second = start('second', ['per-key'])
    await eventually(async () => {
      const [given, offsets] = [await ends(), await committed()]
      const moved = partitionsOf(await told(), 'first', 'aborted')
      expect(moved).to.have.length(PARTITIONS / 2)
      expect(moved.map(one => at(offsets, one))).to.deep.equal(moved.map(one => at(given, one)))
    }, PATIENCE_MS)
    expectNothingEarly(await committed(), await told())
    await stop(first)
    await untilAllCommitted()
    await stop(second)
    const all = await told()
    const calls = (process: string, event: Trace['event']) =>
      all.filter(trace => trace.process === process && trace.event === event).map(callOf)
    expect(calls('first', 'aborted')).to.have.members(calls('first', 'began'))
    expect(calls('second', 'done')).to.have.length(fed).and.to.include.members(calls('first', 'began'))
  })
})

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).to.deep.equal([0, null])
}

function callOf({ order, partition, offset }: Pick<Trace, 'order' | 'partition' | 'offset'>): string {
  return `${order} ${partition}:${offset}`
}

/** Those in which the process came so far with a call. */
function partitionsOf(all: readonly Trace[], process: string, event: Trace['event']): number[] {
  const its = all.filter(trace => trace.process === process && trace.event === event)
  return [...new Set(its.map(({ partition }) => partition))].toSorted()
}

/** Of the values that are to leave in order: the place of each. */
function lanesOf(order: AsyncOrder, records: readonly StoredRecord[]): ReadonlyMap<string, number>[] {
  const lanes = new Map<string, Map<string, number>>()
  for (const { key, value, partition } of order === 'none' ? [] : records) {
    const name = order === 'per-key' ? String(key) : String(partition)
    const lane = lanes.get(name) ?? new Map<string, number>()
    lanes.set(name, lane.set(String(value), lane.size))
  }
  return [...lanes.values()]
}

/** Places at which something was left out: each is the next one, or one from which everything is repeated. */
function skips(positions: readonly number[]): number[] {
  return positions.filter((position, i) => position > (positions[i - 1] ?? -1) + 1)
}
