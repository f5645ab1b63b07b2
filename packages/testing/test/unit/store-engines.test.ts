/** Stores that name their engine, and those with a greatest number of rows. */
import { type KStream, type MillraceError, serdes, SessionWindows, StreamsBuilder, TimeWindows } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'

const text = { key: serdes.string(), value: serdes.string() }
const counts = { key: serdes.string(), value: serdes.int64() }

describe('stores in memory', () => {
  it('come back from their changelogs after a restart, beside others that stayed', async () => {
    await driven(
      input => {
        input.groupByKey().count({ store: 'memory', engine: 'memory' }).toStream().to('memory')
        input.groupByKey().count({ store: 'disk' }).toStream().to('disk')
      },
      async (driver, pipe) => {
        await pipe('a', 'a', 'b')
        await driver.restart()
        await pipe('a')
        for (const topic of ['memory', 'disk']) {
          expect([...driver.createOutputTopic(topic, counts).readKeyValuesToMap()]).to.deep.equal([
            ['a', 3],
            ['b', 1]
          ])
        }
      }
    )
  })

  it('are empty after a restart where they have no changelog', async () => {
    await driven(
      input => {
        input.groupByKey().count({ store: 'counts', engine: 'memory', logging: false })
      },
      async (driver, pipe) => {
        await pipe('a')
        await driver.restart()
        expect(driver.getKeyValueStore('counts').get('a')).to.equal(undefined)
      }
    )
  })

  it("come back from the table's own topic where that is the changelog", async () => {
    const builder = new StreamsBuilder()
    builder.table('in', { ...text, store: 'rows', engine: 'memory' })
    const driver = await TopologyTestDriver.open(builder.build({ optimization: 'all' }))
    try {
      await driver.createInputTopic('in', text).pipeInput('a', 'x', 7)
      await driver.restart()
      expect(driver.getKeyValueStore('rows').getTimestamped('a')).to.deep.equal({ value: 'x', timestamp: 7 })
      expect([...driver.producedTopicNames()]).to.deep.equal([])
    } finally {
      await driver.close()
    }
  })

  it('of global tables are filled again', async () => {
    const builder = new StreamsBuilder()
    const rows = builder.globalTable('rows', { ...text, engine: 'memory' })
    builder
      .stream('in', text)
      .join(
        rows,
        key => key,
        (value, row) => `${value}/${row}`,
        { result: text.value }
      )
      .to('out')
    const driver = await TopologyTestDriver.open(builder.build())
    try {
      await driver.createInputTopic('rows', text).pipeInput('a', 'row')
      await driver.restart()
      await driver.createInputTopic('in', text).pipeInput('a', 'x')
      expect(driver.createOutputTopic('out', text).readKeyValuesToList()).to.deep.equal([['a', 'x/row']])
    } finally {
      await driver.close()
    }
  })

  it('of windows and sessions come back without what has expired, in the order of time', async () => {
    const times = { retentionMs: 40, engine: 'memory' } as const
    const grouped = (input: KStream<string, string>) => input.groupByKey()
    await driven(
      input => {
        const windows = TimeWindows.ofSizeWithNoGrace(10)
        grouped(input)
          .windowedBy(windows)
          .count({ ...times, store: 'windows' })
        const sessions = SessionWindows.ofInactivityGapWithNoGrace(5)
        grouped(input)
          .windowedBy(sessions)
          .count({ ...times, store: 'sessions' })
      },
      async (driver, pipe) => {
        await pipe('b@0', 'b@50', 'b@51', 'a@70')
        await driver.restart()
        expect(await listOf(driver.getWindowStore('windows').all())).to.deep.equal([
          [{ key: 'b', window: { start: 50, end: 60 } }, 2],
          [{ key: 'a', window: { start: 70, end: 80 } }, 1]
        ])
        expect(await listOf(driver.getSessionStore('sessions').fetch(undefined, undefined))).to.deep.equal([
          [{ key: 'b', window: { start: 50, end: 51 } }, 2],
          [{ key: 'a', window: { start: 70, end: 70 } }, 1]
        ])
      }
    )
  })
})

describe('a table with a greatest number of rows', () => {
  it('lets go of what was not used for longest, and passes nothing on of that', async () => {
    await driven(
      input => {
        input.toTable({ store: 'rows', maxEntries: 2, caching: false }).toStream().to('out')
      },
      async (driver, pipe) => {
        await pipe('a', 'b', 'a', 'c')
        expect((await listOf(driver.getKeyValueStore('rows').all())).map(([key]) => key)).to.deep.equal(['a', 'c'])
        const passedOn = driver.createOutputTopic('out', text).readKeyValuesToList()
        expect(passedOn.map(([key]) => key)).to.deep.equal(['a', 'b', 'a', 'c'])
      }
    )
  })

  it('has as many after a restart from the changelog', async () => {
    await driven(
      input => {
        input.toTable({ store: 'rows', maxEntries: 2, engine: 'memory' })
      },
      async (driver, pipe) => {
        await pipe('a', 'b', 'c')
        await driver.restart()
        expect((await listOf(driver.getKeyValueStore('rows').all())).map(([key]) => key)).to.deep.equal(['b', 'c'])
      }
    )
  })

  it('needs a whole number from 1, and has no history beside', () => {
    for (const options of [{ maxEntries: 0 }, { maxEntries: 1.5 }, { maxEntries: 3, historyMs: 10 }]) {
      const builder = new StreamsBuilder()
      expect(codeOf(() => builder.table('in', { ...text, store: 'rows', ...options }))).to.equal('STORE_OPTION_INVALID')
    }
  })
})

/** Runs a topology over one input topic; records are written as `key` or `key@time`. */
async function driven(
  build: (input: KStream<string, string>) => void,
  test: (driver: TopologyTestDriver, pipe: (...records: string[]) => Promise<void>) => Promise<void>
): Promise<void> {
  const builder = new StreamsBuilder()
  build(builder.stream('in', text))
  const driver = await TopologyTestDriver.open(builder.build())
  try {
    const input = driver.createInputTopic('in', text)
    await test(driver, async (...records) => {
      for (const record of records) {
        const [key, time = '0'] = record.split('@')
        await input.pipeInput(key!, 'x', Number(time))
      }
    })
  } finally {
    await driver.close()
  }
}

async function listOf<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const entry of entries) list.push(entry)
  return list
}

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return (error as MillraceError).code
  }
  return 'nothing thrown'
}
