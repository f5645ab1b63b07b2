/** Results on window close in an application that loses its state. */
import { type Clock, serdes, StreamsBuilder, systemClock, TimeWindows, type Topology } from '@millrace/core'
import { expect } from 'chai'
import { rm } from 'node:fs/promises'
import { ApplicationBench, caughtUp } from '../../support/application-bench.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const counts = { key: serdes.timeWindowed(serdes.string(), 10), value: serdes.int64() }

function finalCounts(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('clicks', text)
    .groupByKey()
    .windowedBy(TimeWindows.ofSizeWithNoGrace(10))
    .emitStrategy('on-window-close')
    .count()
    .toStream()
    .to('final')
  return builder.build()
}

/** Each look at it is later than the interval at which operators look for closed windows. */
function hasty(): Clock {
  let looks = 0
  return { ...systemClock, now: () => systemClock.now() + ++looks * 1000 }
}

describe('results on window close of an application', function () {
  this.timeout(20_000)
  const bench = new ApplicationBench(async ({ connection }) => {
    await createTopic(connection, 'clicks')
    await createTopic(connection, 'final')
  })
  const click = (key: string, timestamp: number) => write(bench.connection, 'clicks', 0, { key, value: 'x', timestamp })
  const final = async () =>
    (await readAll(bench.connection, 'final', counts)).map(
      ({ key, value }) => `${key!.key} from ${key!.window.start}: ${value}`
    )

  for (const stateIs of ['kept', 'lost'] as const) {
    it(`pass on each once where an application starts again and its state is ${stateIs}`, async () => {
      const first = bench.app(finalCounts(), { clock: hasty() })
      await first.start()
      await click('a', 1)
      await click('a', 2)
      await click('b', 15)
      await eventually(async () => expect(await final()).to.deep.equal(['a from 0: 2']))
      await caughtUp(first)
      await first.close()
      if (stateIs === 'lost') await rm(bench.directory, { recursive: true })

      await bench.app(finalCounts(), { clock: hasty() }).start()
      await click('b', 16)
      await click('c', 100)
      await eventually(async () => expect(await final()).to.deep.equal(['a from 0: 2', 'b from 10: 2']))
    })
  }
})
