/** Where a source begins in a partition without a committed offset. */
import { expect } from 'chai'
import {
  type MillraceError,
  type OffsetReset,
  serdes,
  StreamsBuilder,
  systemClock,
  type Topology
} from '@millrace/core'
import { ApplicationBench, caughtUp } from '../../support/application-bench.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const HOUR_MS = 3_600_000

function copying(offsetReset: OffsetReset): Topology {
  const builder = new StreamsBuilder()
  builder.stream('in', { ...text, offsetReset }).to('out', text)
  return builder.build()
}

describe('a source without a committed offset', function () {
  this.timeout(20_000)
  const bench = new ApplicationBench(async ({ connection }) => {
    await createTopic(connection, 'in')
    await createTopic(connection, 'out')
    const at = (hoursAgo: number) => ({ value: `${hoursAgo} h`, timestamp: systemClock.now() - hoursAgo * HOUR_MS })
    await write(connection, 'in', 0, at(10), at(5), at(1))
  })
  const copied = async () => (await readAll(bench.connection, 'out', text)).map(({ value }) => value)

  async function copiedBy(offsetReset: OffsetReset): Promise<(string | null)[]> {
    const app = bench.app(copying(offsetReset))
    await app.start()
    await write(bench.connection, 'in', 0, { value: 'new' })
    await eventually(async () => expect(await copied()).to.include('new'))
    await caughtUp(app)
    return copied()
  }

  it('begins at the first record by default', async () => {
    expect(await copiedBy('earliest')).to.deep.equal(['10 h', '5 h', '1 h', 'new'])
  })

  it('begins at the end with `latest`', async () => {
    expect(await copiedBy('latest')).to.deep.equal(['new'])
  })

  it('begins with the first record that is not older than a duration', async () => {
    expect(await copiedBy({ byDurationMs: 6 * HOUR_MS })).to.deep.equal(['5 h', '1 h', 'new'])
  })

  it('begins at the end if all records are older', async () => {
    expect(await copiedBy({ byDurationMs: 1000 })).to.deep.equal(['new'])
  })

  it('does not begin with `none`, and says which partition has no offset', async () => {
    const app = bench.app(copying('none'))
    const failed = new Promise<MillraceError>(resolve => app.on('error', resolve))
    await app.start().catch(() => {})
    const { code, details } = await failed
    expect({ code, details }).to.deep.equal({ code: 'OFFSET_RESET_NONE', details: { topic: 'in', partition: 0 } })
    expect(await copied()).to.deep.equal([])
  })

  it('goes on from the committed offset with `none` too', async () => {
    const first = bench.app(copying('earliest'))
    await first.start()
    await eventually(async () => expect(await copied()).to.have.length(3))
    await first.close()
    await write(bench.connection, 'in', 0, { value: 'new' })
    await bench.app(copying('none')).start()
    await eventually(async () => expect(await copied()).to.deep.equal(['10 h', '5 h', '1 h', 'new']))
  })

  it('is refused with a duration that is not a whole number of ms', () => {
    for (const byDurationMs of [-1, 1.5, NaN]) {
      expect(() => copying({ byDurationMs }))
        .to.throw()
        .with.property('code', 'OFFSET_RESET_INVALID')
    }
  })
})
