/** Async operators and commits: no offset is committed before its work is done, over crashes, rebalances and restarts. */
import {
  type AsyncCall,
  type KafkaStreams,
  type OffsetCommit,
  serdes,
  StreamsBuilder,
  type Topology
} from '@millrace/core'
import { expect } from 'chai'
import fc from 'fast-check'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { ApplicationBench, caughtUp } from '../../support/application-bench.js'
import { eventually } from '../../support/eventually.js'
import { gone, intercepted } from '../../support/intercepted-broker.js'
import { createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const counts = { key: serdes.string(), value: serdes.int64() }
type Rate = (value: string, key: string, call: AsyncCall) => Promise<string>

/** What a broker is told, beside what the application's calls have done. */
class Witness {
  /** `partition:offset` of records whose call has ended. */
  readonly #ended = new Set<string>()
  /** Offsets that were committed too early. */
  readonly early: string[] = []
  armed = false

  readonly #bench: ApplicationBench

  constructor(bench: ApplicationBench) {
    this.#bench = bench
  }

  get broker() {
    return intercepted(this.#bench.broker, connection => ({
      commitOffsets: async (membership, offsets) => {
        if (this.armed) throw gone()
        for (const one of offsets) this.#check(one)
        return connection.commitOffsets(membership, offsets)
      }
    }))
  }

  /** Notes where and when the calls end; what a crash has undone has to be done again. */
  watched(rate: Rate): Rate {
    return async (value, key, call) => {
      const result = await rate(value, key, call)
      this.#ended.add(`${call.context.partition}:${call.context.offset}`)
      return result
    }
  }

  async forgetUncommitted(): Promise<void> {
    const partitions = [0, 1].map(partition => ({ topic: 'in', partition }))
    const committed = await this.#bench.connection.fetchOffsets('app', partitions)
    for (const record of this.#ended) {
      const [partition, offset] = record.split(':').map(Number)
      if (offset! >= (committed.find(one => one.partition === partition)?.offset ?? 0)) this.#ended.delete(record)
    }
  }

  #check({ topic, partition, offset }: OffsetCommit): void {
    if (topic !== 'in') return
    for (let before = 0; before < offset; before++)
      if (!this.#ended.has(`${partition}:${before}`)) this.early.push(`${partition}:${before} below ${offset}`)
  }
}

/** Some records of some keys in both partitions; a key's values are 0, 1, 2 …, and it stays in its partition. */
const inputs = fc.array(fc.nat(7), { minLength: 20, maxLength: 80 }).map(keys =>
  keys.map((key, i) => ({
    key: `k${key}`,
    partition: key % 2,
    value: keys.slice(0, i).filter(k => k === key).length
  }))
)

function countRated(rate: Rate): Topology {
  const builder = new StreamsBuilder()
  const rated = builder.stream('in', text).mapValuesAsync(rate, { value: serdes.string(), concurrency: 4 })
  rated.to('out')
  rated.groupByKey().count({ store: 'n' })
  return builder.build()
}

describe('async operators and commits', function () {
  this.timeout(120_000)
  const bench = new ApplicationBench(async ({ connection }) => {
    await createTopic(connection, 'in', 2)
    await createTopic(connection, 'out', 2)
  })
  const committed = async (partition: number) =>
    (await bench.connection.fetchOffsets('app', [{ topic: 'in', partition }]))[0]?.offset ?? 0
  const outputs = async () => (await readAll(bench.connection, 'out', text)).map(({ key, value }) => `${key} ${value}`)
  const counted = async () =>
    new Map((await readAll(bench.connection, 'app-n-changelog', counts)).map(({ key, value }) => [key, value]))

  it('commit nothing early, lose nothing and keep the order of each key, over crashes at any moment', async () => {
    const [records] = fc.sample(inputs, { numRuns: 1, seed: 7 })
    const delays = fc.sample(fc.nat(12), { numRuns: records!.length * 8, seed: 8 })
    const witness = new Witness(bench)
    const rate = witness.watched(async value => {
      await after(delays.pop() ?? 1)
      return value
    })
    for (const crash of [1, 2, 3, undefined]) {
      const third = records!.splice(0, crash === undefined ? records!.length : records!.length / 3)
      const app = bench.app(countRated(rate), { broker: witness.broker, commitIntervalMs: 3 })
      await app.start()
      for (const { key, partition, value } of third)
        await write(bench.connection, 'in', partition, { key, value: String(value) })
      if (crash === undefined) await caughtUp(app)
      else {
        witness.armed = true
        await eventually(() => expect(app.state).to.equal('ERROR'))
      }
      await app.close()
      witness.armed = false
      await witness.forgetUncommitted()
    }
    expect(witness.early).to.deep.equal([])
    const first = [...new Set(await outputs())]
    const written = await readAll(bench.connection, 'in', text)
    for (const key of new Set(written.map(record => record.key))) {
      const values = written.filter(record => record.key === key).map(({ value }) => `${key} ${value}`)
      expect(first.filter(output => output.startsWith(`${key} `))).to.deep.equal(values)
    }
  })

  it('commit nothing early and lose nothing while instances come and go', async () => {
    const witness = new Witness(bench)
    const rate = witness.watched(async value => after(Number(value) % 7, value))
    const start = async (name: string) => {
      const app = bench.app(countRated(rate), {
        broker: witness.broker,
        commitIntervalMs: 3,
        stateDirectory: join(bench.directory, name)
      })
      await app.start()
      return app
    }
    const writeSome = async (from: number) => {
      for (let i = from; i < from + 40; i++)
        await write(bench.connection, 'in', i % 2, { key: `k${i % 4}`, value: String(i) })
    }
    const one = await start('one')
    await writeSome(0)
    const two = await start('two')
    await writeSome(40)
    await one.close()
    await writeSome(80)
    const three = await start('three')
    await writeSome(120)
    await two.close()
    await caughtUp(three)
    expect(witness.early).to.deep.equal([])
    const expected = Array.from({ length: 160 }, (_, i) => `k${i % 4} ${i}`)
    expect(new Set(await outputs())).to.deep.equal(new Set(expected))
    const all = await counted()
    for (let key = 0; key < 4; key++) expect(all.get(`k${key}`)).to.be.at.least(40)
  })

  it('are done when commit() is, and a restart after it repeats nothing', async () => {
    const start = async () => {
      const app = bench.app(
        countRated(async value => after(20, value)),
        { commitIntervalMs: 60_000 }
      )
      await app.start()
      return app
    }
    for (const run of [1, 2]) {
      const app = await start()
      for (let i = 0; i < 10; i++)
        await write(bench.connection, 'in', i % 2, { key: `k${i % 2}`, value: `${run} ${i}` })
      await eventually(() => expect(app.totals().processed).to.equal(10))
      await app.commit()
      expect([await committed(0), await committed(1)]).to.deep.equal([5 * run, 5 * run])
      expect([...(await counted())]).to.have.deep.members([
        ['k0', 5 * run],
        ['k1', 5 * run]
      ])
      await app.close()
    }
    expect((await outputs()).length).to.equal(20)
  })

  /** Calls for values `slow` end when they are told to. */
  function held(): { rate: Rate; release(): void } {
    let release = () => {}
    const released = new Promise<void>(resolve => (release = resolve))
    return { release, rate: async value => (value === 'slow' ? released.then(() => value) : value) }
  }

  it('hold up neither the other tasks of a worker nor their commits, also when commit() waits for them', async () => {
    const { rate, release } = held()
    const app = bench.app(countRated(rate))
    await app.start()
    await write(bench.connection, 'in', 0, { key: 'a', value: 'slow' })
    let done = false
    const commit = eventually(() => expect(app.totals().processed).to.be.at.least(1))
      .then(() => app.commit())
      .then(() => (done = true))
    for (const [i, value] of ['1', '2', '3'].entries()) {
      await write(bench.connection, 'in', 1, { key: 'b', value })
      await eventually(async () => expect(await committed(1)).to.equal(i + 1))
    }
    expect([done, await committed(0)]).to.deep.equal([false, 0])
    release()
    await commit
    expect(await committed(0)).to.equal(1)
  })

  it('hold up no other task with what a cache hands to them in a commit', async () => {
    const { rate, release } = held()
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .groupByKey()
      .reduce((_old, value) => value, { store: 'newest' })
      .toStream()
      .mapValuesAsync(rate, { value: serdes.string() })
      .to('out')
    const app = bench.app(builder.build())
    await app.start()
    await write(bench.connection, 'in', 0, { key: 'a', value: 'slow' })
    await eventually(() => expect(app.totals().processed).to.equal(1))
    await write(bench.connection, 'in', 1, { key: 'b', value: 'fast' })
    await eventually(async () => expect(await committed(1)).to.equal(1))
    expect([await committed(0), await outputs()]).to.deep.equal([0, ['b fast']])
    release()
    await eventually(async () => expect(await committed(0)).to.equal(1))
    expect(await outputs()).to.have.members(['a slow', 'b fast'])
  })

  it('stop fetching when they hold enough, and go on when they are done', async () => {
    const value = Buffer.alloc(100_000, 'x').toString()
    for (let i = 0; i < 100; i++) await write(bench.connection, 'in', 0, { key: `k${i}`, value })
    let bytes = 0
    const broker = intercepted(bench.broker, connection => ({
      fetch: async (...request) => {
        const results = await connection.fetch(...request)
        for (const { topic, records } of results) if (topic === 'in') bytes += records.length
        return results
      }
    }))
    let release = () => {}
    const released = new Promise<void>(resolve => (release = resolve))
    const app = bench.app(
      countRated(async () => released.then(() => '')),
      { broker, commitIntervalMs: 60_000 }
    )
    await app.start()
    await eventually(() => expect(app.totals().processed).to.equal(16))
    await after(200)
    expect(app.totals().processed).to.equal(16)
    expect(bytes).to.be.below(5_000_000)
    release()
    await eventually(() => expect(app.totals().processed).to.equal(100))
    await app.commit()
    expect(await committed(0)).to.equal(100)
  })

  it('keep the records of a repartition topic that they are not done with', async () => {
    const again: string[] = []
    const start = async (rate: Rate) => {
      const builder = new StreamsBuilder()
      const moved = builder.stream('in', text).selectKey((_key, value) => value, { key: serdes.string() })
      moved.repartition({ name: 'moved' }).foreachAsync((key, value, call) => rate(value, key, call))
      const app = bench.app(builder.build(), { repartitionPurgeIntervalMs: 1 })
      await app.start()
      return app
    }
    const { rate } = held()
    const app: KafkaStreams = await start(rate)
    await write(bench.connection, 'in', 0, { key: 'a', value: 'slow' })
    await eventually(() => expect(app.totals().processed).to.equal(2))
    await app.close()
    expect((await readAll(bench.connection, 'app-moved-repartition', text)).map(({ key }) => key)).to.deep.equal([
      'slow'
    ])
    await start(async value => String(again.push(value)))
    await eventually(() => expect(again).to.deep.equal(['slow']))
  })
})
