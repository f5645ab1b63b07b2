/** What KTable.suppress holds back, until when, and what is left of it after a restart. */
import { type MillraceError, serdes, StreamsBuilder, Suppressed, TimeWindows, type Topology } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'

const text = { key: serdes.string(), value: serdes.string() }

function limited(suppressed: Suppressed<string>): Topology {
  const builder = new StreamsBuilder()
  builder.table('in', text).suppress(suppressed).toStream().to('out')
  return builder.build()
}

/** Pipes records of `key value time`; gives what comes out in the same form. */
async function run(topology: Topology, ...parts: readonly (readonly string[])[]): Promise<string[]> {
  const driver = await TopologyTestDriver.open(topology)
  try {
    const input = driver.createInputTopic('in', text)
    const output = driver.createOutputTopic('out', text)
    for (const [number, records] of parts.entries()) {
      if (number > 0) await driver.restart()
      for (const record of records) {
        const [key, value, time] = record.split(' ') as [string, string, string]
        await input.pipeInput(key, value === 'null' ? null : value, Number(time))
      }
    }
    return output.readRecordsToList().map(({ key, value, timestamp }) => `${key} ${value} ${timestamp}`)
  } finally {
    await driver.close()
  }
}

async function code(running: Promise<unknown>): Promise<string> {
  return running.then(
    () => 'nothing thrown',
    (error: MillraceError) => error.code
  )
}

describe('suppress until a time limit', () => {
  it('passes on the last update of a row, with its own time, counted from the first', async () => {
    const records = ['a 1 0', 'a 2 9', 'a 3 5', 'b 1 10', 'b null 12', 'c 1 20']
    expect(await run(limited(Suppressed.untilTimeLimit(10)), records)).to.deep.equal(['a 3 5', 'b null 12'])
  })

  it('passes everything on at once where the limit is 0', async () => {
    expect(await run(limited(Suppressed.untilTimeLimit(0)), ['b 1 5', 'a 1 5'])).to.deep.equal(['b 1 5', 'a 1 5'])
  })

  it('passes the oldest on early where there are too many, or ends', async () => {
    const records = ['b 1 1', 'a 1 2', 'a 2 3', 'c 1 0']
    const two = { maxRecords: 2 } as const
    expect(await run(limited(Suppressed.untilTimeLimit(10, two)), records)).to.deep.equal(['c 1 0'])
    const ending = limited(Suppressed.untilTimeLimit(10, { ...two, whenFull: 'shut-down' }))
    expect(await code(run(ending, records.slice(0, 3)))).to.equal('nothing thrown')
    expect(await code(run(ending, records))).to.equal('SUPPRESS_BUFFER_FULL')
  })

  it('goes on after a restart with what it held, in its order, measured anew', async () => {
    const held = ['b 1 1', 'a 1 1', 'c 1 0', 'c 2 9']
    expect(await run(limited(Suppressed.untilTimeLimit(10)), held, ['d 1 11'])).to.deep.equal([
      'c 2 9',
      'a 1 1',
      'b 1 1'
    ])
    // 36 bytes and the key, value and topic: 40 each.
    const full = limited(Suppressed.untilTimeLimit(100, { maxBytes: 120 }))
    expect(await run(full, held, ['d 1 11'])).to.deep.equal(['c 2 9'])
  })

  it('forgets the time at a restart: only newer records count', async () => {
    const suppressed = limited(Suppressed.untilTimeLimit(10))
    expect(await run(suppressed, ['a 1 0', 'b 1 9'], ['c 1 5'], ['d 1 10'])).to.deep.equal(['a 1 0'])
  })
})

describe('suppress until windows close', () => {
  function firsts(suppressed = Suppressed.untilWindowCloses()): Topology {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .groupByKey()
      .windowedBy(TimeWindows.ofSizeAndGrace(10, 5))
      .aggregate(
        () => '',
        (_key, value, all) => (value === 'x' ? null : all + value),
        { value: serdes.string() }
      )
      .suppress(suppressed)
      .toStream(({ key, window }) => `${key}@${window.start}`, { key: serdes.string() })
      .to('out')
    return builder.build()
  }

  it('passes on each window once, when its end and grace are over', async () => {
    const records = ['b 1 1', 'a 2 9', 'b 3 2', 'c 4 14', 'a 5 3', 'c 6 15', 'c 7 30']
    expect(await run(firsts(), records)).to.deep.equal(['a@0 25 9', 'b@0 13 2', 'c@10 46 15'])
  })

  it('says nothing of a window that was deleted before it closed', async () => {
    expect(await run(firsts(), ['a 1 1', 'a x 2', 'b 1 3', 'b 2 15'])).to.deep.equal(['b@0 1 3'])
  })

  it('passes on what it held over a restart', async () => {
    expect(await run(firsts(), ['b 1 1', 'a 2 9'], ['b 3 2'], ['c 4 15'])).to.deep.equal(['a@0 2 9', 'b@0 13 2'])
  })

  it('gives a second result where a restart has let a late record in, as Kafka Streams does', async () => {
    const closed = ['a 1 1', 'b 1 30']
    expect(await run(firsts(), [...closed, 'a 2 3', 'b 2 50'])).to.deep.equal(['a@0 1 1', 'b@30 1 30'])
    expect(await run(firsts(), closed, ['a 2 3', 'b 2 50'])).to.deep.equal(['a@0 1 1', 'a@0 12 3', 'b@30 1 30'])
  })

  it('ends where the windows take more room than they may', async () => {
    const bounded = firsts(Suppressed.untilWindowCloses({ maxRecords: 2 }))
    expect(await code(run(bounded, ['a 1 1', 'b 1 2', 'a 1 15']))).to.equal('nothing thrown')
    expect(await code(run(bounded, ['a 1 1', 'b 1 2', 'a 1 14']))).to.equal('SUPPRESS_BUFFER_FULL')
  })
})
