/** Results that pass on once, when their windows have closed, and what is left of that after a restart. */
import {
  serdes,
  SessionWindows,
  SlidingWindows,
  StreamsBuilder,
  TimeWindows,
  type Topology,
  UnlimitedWindows,
  type Windowed,
  type WindowCountOptions
} from '@millrace/core'
import { type TestRecord, TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'

const text = { key: serdes.string(), value: serdes.string() }

function counting(
  windows: TimeWindows | SlidingWindows | SessionWindows,
  options?: WindowCountOptions<string>
): Topology {
  const builder = new StreamsBuilder()
  const clicks = builder.stream('in', text).groupByKey()
  const windowed = windows instanceof SessionWindows ? clicks.windowedBy(windows) : clicks.windowedBy(windows)
  windowed
    .emitStrategy('on-window-close')
    .count(options)
    .toStream()
    .map(({ key, window }: Windowed<string>, count) => [key, `${window.start}-${window.end}: ${count}`])
    .to('out', text)
  return builder.build()
}

/** Pipes records of `key time`, with a restart between the parts; what comes out, with its timestamp. */
async function run(topology: Topology, ...parts: readonly (readonly string[])[]): Promise<string[]> {
  const driver = await TopologyTestDriver.open(topology)
  try {
    const input = driver.createInputTopic('in', text)
    const output = driver.createOutputTopic('out', text)
    for (const [number, records] of parts.entries()) {
      if (number > 0) await driver.restart()
      for (const record of records) {
        const [key, time] = record.split(' ') as [string, string]
        await input.pipeInput(key, 'x', Number(time), [['by', Buffer.from(record)]])
      }
    }
    return output.readRecordsToList().map(described)
  } finally {
    await driver.close()
  }
}

function described({ key, value, timestamp, headers }: TestRecord<string, string>): string {
  return `${key} ${value} at ${timestamp} by ${String(headers[0]?.[1])}`
}

describe('results on window close', () => {
  it('pass on once a window has closed, grace included, with the headers of the record that closed it', async () => {
    const minutes = TimeWindows.ofSizeAndGrace(10, 5)
    const records = ['b 1', 'a 2', 'b 3', 'a 12', 'a 9', 'a 14', 'c 15', 'c 30']
    expect(await run(counting(minutes), records)).to.deep.equal([
      'a 0-10: 2 at 9 by c 15',
      'b 0-10: 2 at 3 by c 15',
      'a 10-20: 2 at 14 by c 30',
      'c 10-20: 1 at 15 by c 30'
    ])
  })

  it('pass on for sessions that nothing can extend any more, at the time of their end', async () => {
    const records = ['a 1', 'a 4', 'b 2', 'b 12', 'a 30']
    expect(await run(counting(SessionWindows.ofInactivityGapWithNoGrace(5)), records)).to.deep.equal([
      'b 2-2: 1 at 2 by b 12',
      'a 1-4: 2 at 4 by b 12',
      'b 12-12: 1 at 12 by a 30'
    ])
  })

  it('pass on for sliding windows, which include their end', async () => {
    const records = ['a 10', 'a 12', 'b 15', 'b 16', 'b 21']
    expect(await run(counting(SlidingWindows.ofTimeDifferenceWithNoGrace(5)), records)).to.deep.equal([
      'a 5-10: 1 at 10 by a 12',
      'a 7-12: 2 at 12 by b 15',
      'b 10-15: 1 at 15 by b 16',
      'a 11-16: 1 at 12 by b 21',
      'b 11-16: 2 at 16 by b 21'
    ])
  })

  it('are lost with windows that expire first, unless the store is told to keep them longer', async () => {
    const records = ['a 1', 'a 200000', 'a 200010']
    const windows = TimeWindows.ofSizeWithNoGrace(10)
    expect(await run(counting(windows, { caching: false }), records)).to.deep.equal([
      'a 200000-200010: 1 at 200000 by a 200010'
    ])
    expect(await run(counting(windows, { caching: false, retentionMs: 300_000 }), records)).to.deep.equal([
      'a 0-10: 1 at 1 by a 200000',
      'a 200000-200010: 1 at 200000 by a 200010'
    ])
  })

  it('do not pass on again after a restart, nor are those forgotten that still wait', async () => {
    const before = ['a 1', 'a 12', 'b 21', 'b 22']
    const after = ['a 3', 'b 23', 'a 40']
    expect(await run(counting(TimeWindows.ofSizeWithNoGrace(10)), before, after)).to.deep.equal([
      'a 0-10: 1 at 1 by a 12',
      'a 10-20: 1 at 12 by b 21',
      'b 20-30: 3 at 23 by a 40'
    ])
  })

  it('are refused for windows that never close', () => {
    const builder = new StreamsBuilder()
    const unlimited = builder.stream('in', text).groupByKey().windowedBy(UnlimitedWindows.of())
    expect(() => unlimited.emitStrategy('on-window-close'))
      .to.throw()
      .with.property('code', 'EMIT_STRATEGY_INVALID')
    expect(() => unlimited.emitStrategy('on-window-update')).not.to.throw()
  })
})
