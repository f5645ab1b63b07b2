/** An application whose stream time goes on by the wall clock: `idleAdvanceAfterMs`, with caches, commits and fetches as they are. */
import { serdes, StreamsBuilder, Suppressed, TimeWindows, type Topology, type Windowed } from '@millrace/core'
import { expect } from 'chai'
import { IdleTime } from '../../../dist/runtime/idle-time.js'
import { ApplicationBench, caughtUp } from '../../support/application-bench.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const counts = { key: serdes.string(), value: serdes.int64() }

/** How many records of each key there were in each fifth of a second. */
function counting(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', text)
    .groupByKey()
    .windowedBy(TimeWindows.ofSizeWithNoGrace(200))
    .count()
    .suppress(Suppressed.untilWindowCloses())
    .toStream()
    .map(({ key }: Windowed<string>, count) => [key, count])
    .to('out', counts)
  return builder.build()
}

describe('an application with idleAdvanceAfterMs', function () {
  this.timeout(20_000)
  const bench = new ApplicationBench(async ({ connection }) => {
    await createTopic(connection, 'in', 2)
    await createTopic(connection, 'out')
  })
  const results = async (): Promise<unknown[]> =>
    (await readAll(bench.connection, 'out', counts)).map(({ key, value }) => [key, value])

  it('passes on one result for the last window of each partition, and what caches hold is in it', async () => {
    const app = bench.app(counting(), { idleAdvanceAfterMs: 50, commitIntervalMs: 600_000 })
    await app.start()
    const record = { key: 'a', value: 'x', timestamp: 1000 }
    await write(bench.connection, 'in', 0, record, record, record)
    await write(bench.connection, 'in', 1, { ...record, key: 'b' })
    await eventually(async () =>
      expect(await results()).to.have.deep.members([
        ['a', 3],
        ['b', 1]
      ])
    )
    await app.close()
    expect(await results()).to.have.length(2)
  })

  it('commits what it passed on by that, so that a restart does not pass it on again', async () => {
    const app = bench.app(counting(), { idleAdvanceAfterMs: 50 })
    await app.start()
    await write(bench.connection, 'in', 0, { key: 'a', value: 'x', timestamp: 1000 })
    await caughtUp(app)
    await eventually(async () => expect(await results()).to.deep.equal([['a', 1]]))
    await app.close()
    const again = bench.app(counting(), { idleAdvanceAfterMs: 50 })
    await again.start()
    await write(bench.connection, 'in', 0, { key: 'a', value: 'late', timestamp: 1001 })
    await write(bench.connection, 'in', 0, { key: 'b', value: 'x', timestamp: 5000 })
    await eventually(async () =>
      expect(await results()).to.deep.equal([
        ['a', 1],
        ['b', 1]
      ])
    )
  })
})

describe('IdleTime', () => {
  it('goes on from the last record, once that is long enough ago, as fast as the clock and not past it', () => {
    const idle = new IdleTime({ afterMs: 100 }, { now: 1000, streamTime: 500 })
    expect([1099, 1100, 1250].map(until => idle.at(until))).to.deep.equal([-1, 600, 750])
    idle.wake(2000, 1950)
    expect([1900, 2099, 2100].map(until => idle.at(until))).to.deep.equal([-1, -1, 2050])
    idle.wake(3000, 9000)
    expect([3100, 10_000].map(until => idle.at(until))).to.deep.equal([3100, 10_000])
  })

  it('does not begin before there was a record', () => {
    const idle = new IdleTime({ afterMs: 100 }, { now: 1000, streamTime: -1 })
    expect(idle.at(5000)).to.equal(-1)
  })
})
