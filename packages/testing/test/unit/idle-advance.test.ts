/** Stream time that goes on by the wall clock while no record comes: `idleAdvanceAfterMs`. */
import {
  JoinWindows,
  type ProcessorContext,
  serdes,
  SessionWindows,
  SlidingWindows,
  StreamsBuilder,
  Suppressed,
  TimeWindows,
  type Topology,
  type Windowed
} from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'

const text = { key: serdes.string(), value: serdes.string() }
/** Where the wall clock stands at first. */
const START = 1_000_000
const IDLE: { readonly idleAdvanceAfterMs?: number } = { idleAdvanceAfterMs: 20_000 }

type Windows = TimeWindows | SlidingWindows | SessionWindows

function counting(windows: Windows, final: 'suppress' | 'emit' | 'none' = 'suppress'): Topology {
  const builder = new StreamsBuilder()
  const grouped = builder.stream('in', text).groupByKey()
  const windowed = windows instanceof SessionWindows ? grouped.windowedBy(windows) : grouped.windowedBy(windows)
  const counts = (final === 'emit' ? windowed.emitStrategy('on-window-close') : windowed).count()
  const results = final === 'suppress' ? counts.suppress(Suppressed.untilWindowCloses()) : counts
  results
    .toStream()
    .map(({ key, window }: Windowed<string>, count) => [key, `${window.start - START}-${window.end - START}: ${count}`])
    .to('out', text)
  return builder.build()
}

const minutely = TimeWindows.ofSizeAndGrace(60_000, 10_000)

/** A step of a run: a record's key and time after the start, so many ms on the wall clock, or a restart. */
type Step = readonly [key: string, at: number, topic?: string] | number | 'restart'

async function run(topology: Topology, steps: readonly Step[], options = IDLE): Promise<string[]> {
  const driver = await TopologyTestDriver.open(topology, {
    initialWallClockTimeMs: START,
    ...options
  })
  try {
    const output = driver.createOutputTopic('out', text)
    for (const step of steps) {
      if (step === 'restart') await driver.restart()
      else if (typeof step === 'number') await driver.advanceWallClockTime(step)
      else {
        const [key, at, topic = 'in'] = step
        await driver.createInputTopic(topic, text).pipeInput(key, 'x', START + at)
      }
    }
    return output.readRecordsToList().map(({ key, value, timestamp }) => `${key} ${value} at ${timestamp - START}`)
  } finally {
    await driver.close()
  }
}

describe('stream time of a task without records', () => {
  // The minute from 980 000 on is the one that 1 000 000 lies in: from 20 s before the start to 40 s after it.
  const last = '-40000-20000: 1'

  it('stands still by default, as in Kafka Streams', async () => {
    const steps: Step[] = [['a', 0], 3_600_000]
    expect(await run(counting(minutely), steps, {})).to.deep.equal([])
  })

  it('closes the last window once the clock has gone on to its end and the grace', async () => {
    expect(await run(counting(minutely), [['a', 0], 29_999])).to.deep.equal([])
    expect(await run(counting(minutely), [['a', 0], 29_999, 1])).to.deep.equal([`a ${last} at 0`])
  })

  it('waits for as long as it is told to', async () => {
    const atOnce = TimeWindows.ofSizeWithNoGrace(60_000)
    expect(await run(counting(atOnce), [['a', 19_000], 19_999])).to.deep.equal([])
    expect(await run(counting(atOnce), [['a', 19_000], 20_000])).to.deep.equal([`a ${last} at 19000`])
  })

  it('goes on from the last record: each puts it off', async () => {
    const steps: Step[] = [['a', 0], 15_000, ['a', 15_000], 15_000]
    expect(await run(counting(minutely), steps)).to.deep.equal([])
    expect(await run(counting(minutely), [...steps, 5_000])).to.deep.equal(['a -40000-20000: 2 at 15000'])
  })

  it('goes on as fast as the clock with records of the past, and not past the clock with those of the future', async () => {
    const longAgo: Step[] = [['a', -500_000], 29_999]
    expect(await run(counting(minutely), longAgo)).to.deep.equal([])
    expect(await run(counting(minutely), [...longAgo, 20_001])).to.deep.equal(['a -520000--460000: 1 at -500000'])
    expect(await run(counting(minutely), [['a', 500_000], 520_000])).to.deep.equal([])
    expect(await run(counting(minutely), [['a', 500_000], 570_000])).to.deep.equal(['a 500000-560000: 1 at 500000'])
  })

  it('makes records late that come afterwards, by the ordinary rule', async () => {
    const steps: Step[] = [['a', 0], 30_000, ['a', 19_000], ['a', 21_000]]
    expect(await run(counting(minutely, 'none'), steps)).to.deep.equal([`a ${last} at 0`, 'a 20000-80000: 1 at 21000'])
  })

  it('passes on what emitStrategy holds back, of windows and of sessions', async () => {
    expect(await run(counting(minutely, 'emit'), [['a', 0], 30_000])).to.deep.equal([`a ${last} at 0`])
    const sliding = SlidingWindows.ofTimeDifferenceAndGrace(5_000, 10_000)
    expect(await run(counting(sliding, 'emit'), [['a', 0], 20_000])).to.deep.equal(['a -5000-0: 1 at 0'])
    const sessions = SessionWindows.ofInactivityGapAndGrace(10_000, 10_000)
    expect(await run(counting(sessions, 'emit'), [['a', -1_000], ['a', 0], 20_000])).to.deep.equal([])
    expect(await run(counting(sessions, 'emit'), [['a', -1_000], ['a', 0], 20_001])).to.deep.equal([
      'a -1000-0: 2 at 0'
    ])
  })

  it('lets records of an outer join pass on alone, of both sides, in the order of their times', async () => {
    const builder = new StreamsBuilder()
    const [left, right] = [builder.stream('left', text), builder.stream('right', text)]
    left.outerJoin(right, (a, b) => `${a}+${b}`, JoinWindows.ofTimeDifferenceAndGrace(10_000, 5_000)).to('out', text)
    const steps: Step[] = [['a', 1, 'left'], ['b', 0, 'right'], ['c', 2, 'left'], 20_000]
    expect(await run(builder.build(), steps)).to.deep.equal(['b null+x at 0', 'a x+null at 1', 'c x+null at 2'])
  })

  it('joins what waits for a table with a history', async () => {
    const builder = new StreamsBuilder()
    const table = builder.table('rows', { ...text, store: 'rows', historyMs: 60_000 })
    builder
      .stream('in', text)
      .join(table, (_value, row) => row, { graceMs: 10_000 })
      .to('out', text)
    const steps: Step[] = [['a', -5, 'rows'], ['a', 0], 20_000]
    expect(await run(builder.build(), steps)).to.deep.equal(['a x at 0'])
  })

  it('calls punctuators, who see it', async () => {
    const seen: string[] = []
    const builder = new StreamsBuilder()
    const process = () => ({
      init(context: ProcessorContext) {
        context.schedule(
          15_000,
          'stream-time',
          time => void seen.push(`${time - START} ${context.currentStreamTimeMs() - START}`)
        )
      },
      process() {}
    })
    builder.stream('in', text).process(process)
    builder.stream('in', text).to('out')
    await run(builder.build(), [['a', 0], 10_000, 10_000, 25_000])
    expect(seen).to.deep.equal(['0 0', '20000 20000', '45000 45000'])
  })

  it('does not go back with a restart, which a window that has closed outlives', async () => {
    const steps: Step[] = [['a', 0], 30_000, 'restart', ['a', 19_000], ['b', 100_000]]
    expect(await run(counting(minutely), steps)).to.deep.equal([`a ${last} at 0`])
    const withoutIdling: Step[] = [['a', 0], ['b', 30_000], 'restart', ['a', 19_000], ['b', 100_000]]
    const twice = ['a -40000-20000: 1 at 0', 'a -40000-20000: 2 at 19000', 'b 20000-80000: 1 at 30000']
    expect(await run(counting(minutely), withoutIdling, {})).to.deep.equal(twice)
  })

  it('does not overtake what an async operator is at', async () => {
    const builder = new StreamsBuilder()
    builder
      .table('in', text)
      .suppress(Suppressed.untilTimeLimit(10_000))
      .toStream()
      .mapValuesAsync(value => Promise.resolve(value), text)
      .toTable()
      .suppress(Suppressed.untilTimeLimit(10_000))
      .toStream()
      .to('out', text)
    expect(await run(builder.build(), [['a', 0], 20_000])).to.deep.equal([])
    expect(await run(builder.build(), [['a', 0], 20_000, 20_000])).to.deep.equal(['a x at 0'])
  })

  it('goes on in a downstream task from what it was last sent', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .groupByKey()
      .windowedBy(minutely)
      .count()
      .suppress(Suppressed.untilWindowCloses())
      .toStream()
      .map(({ key }: Windowed<string>, count) => [`all ${key}`, String(count)])
      .groupByKey(text)
      .windowedBy(TimeWindows.ofSizeAndGrace(600_000, 0))
      .count()
      .suppress(Suppressed.untilWindowCloses())
      .toStream()
      .map(({ key, window }: Windowed<string>, count) => [key, `${window.start - START}: ${count}`])
      .to('out', text)
    expect(await run(builder.build(), [['a', 0], 30_000, 199_999])).to.deep.equal([])
    expect(await run(builder.build(), [['a', 0], 30_000, 200_000])).to.deep.equal(['all a -400000: 1 at 0'])
  })
})
