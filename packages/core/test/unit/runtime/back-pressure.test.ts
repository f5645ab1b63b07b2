/** What a worker takes in while a broker is slow to take what it writes: no more than its limits say. */
import { type BrokerConnection, type KafkaStreams, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { expect } from 'chai'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ApplicationBench, caughtUp } from '../../support/application-bench.js'
import { eventually } from '../../support/eventually.js'
import { intercepted } from '../../support/intercepted-broker.js'
import { createTopic, readAll, write } from '../../support/topics.js'

const KIBIBYTE = 1024
const text = { key: serdes.string(), value: serdes.string() }

/** Calls wait while it is shut. */
class Gate {
  waiting = 0
  #shut: { readonly opened: Promise<void>; readonly open: () => void } | undefined

  shut(): void {
    let open = () => {}
    const opened = new Promise<void>(resolve => (open = resolve))
    this.#shut = { opened, open }
  }

  open(): void {
    this.#shut?.open()
    this.#shut = undefined
  }

  async pass(): Promise<void> {
    this.waiting++
    await this.#shut?.opened
    this.waiting--
  }
}

/** As many turns as a reader would need to read all there is, many times over. */
async function manyTurns(): Promise<void> {
  for (let i = 0; i < 500; i++) await nextTurn()
}

describe('back pressure', function () {
  this.timeout(20_000)
  let gate: Gate
  /** Of the topic `orders`, as fetched. */
  let fetchedBytes: number
  let mostWaiting: number
  const bench = new ApplicationBench(async ({ connection }) => {
    gate = new Gate()
    fetchedBytes = mostWaiting = 0
    await createTopic(connection, 'orders', 1)
    await createTopic(connection, 'copies', 1)
  })

  /** The records have keys of their own, and values of `valueBytes`; `perBatch` of them are written together. */
  async function given(records: number, valueBytes: number, perBatch: number): Promise<void> {
    const value = 'x'.repeat(valueBytes)
    for (let i = 0; i < records; i += perBatch) {
      const batch = Array.from({ length: perBatch }, (_, at) => ({ key: String(i + at), value }))
      await write(bench.connection, 'orders', 0, ...batch)
    }
  }

  async function started(
    topology: Topology,
    config: { readonly [field in 'cacheMaxBytes' | 'inputBufferMaxBytes' | 'outputBufferMaxBytes']?: number },
    options: { readonly slow: 'produce' | 'commitOffsets'; readonly valueBytes: number }
  ): Promise<KafkaStreams> {
    const held = async <T>(call: typeof options.slow, act: () => Promise<T>): Promise<T> => {
      if (call === options.slow) await gate.pass()
      return act()
    }
    const broker = intercepted(bench.broker, (connection: BrokerConnection) => ({
      produce: (...args) => held('produce', () => connection.produce(...args)),
      commitOffsets: (...args) => held('commitOffsets', () => connection.commitOffsets(...args)),
      fetch: async (...args) => {
        const results = await connection.fetch(...args)
        for (const { topic, records } of results) if (topic === 'orders') fetchedBytes += records.length
        mostWaiting = Math.max(mostWaiting, fetchedBytes - app.totals().processed * options.valueBytes)
        return results
      }
    }))
    const app = bench.app(topology, { ...config, broker })
    await app.start()
    return app
  }

  it('stops reading while what it writes is not taken, and reads on when it is', async () => {
    const [records, valueBytes] = [8_192, KIBIBYTE]
    await given(records, valueBytes, 8)
    const builder = new StreamsBuilder()
    builder.stream('orders', text).to('copies', text)
    gate.shut()
    const limits = { inputBufferMaxBytes: 64 * KIBIBYTE, outputBufferMaxBytes: 64 * KIBIBYTE }
    const app = await started(builder.build(), limits, { slow: 'produce', valueBytes })
    await eventually(() => expect(gate.waiting).to.be.greaterThan(0))
    await manyTurns()
    // A batch of 256 KiB grows until it is full, whatever the limit, and then nothing more is processed.
    expect(fetchedBytes).to.be.within(64 * KIBIBYTE, 512 * KIBIBYTE)
    gate.open()
    await caughtUp(app)
    expect(await readAll(bench.connection, 'copies', text)).to.have.length(records)
  })

  it('never has more input waiting than its limit', async () => {
    const [records, valueBytes] = [8_192, KIBIBYTE]
    await given(records, valueBytes, 8)
    const builder = new StreamsBuilder()
    builder.stream('orders', text).to('copies', text)
    const limits = { inputBufferMaxBytes: 64 * KIBIBYTE, outputBufferMaxBytes: 64 * KIBIBYTE }
    const app = await started(builder.build(), limits, { slow: 'produce', valueBytes })
    for (let round = 0; round < 5; round++) {
      gate.shut()
      await manyTurns()
      gate.open()
    }
    await caughtUp(app)
    // What keys and batches add to the values is fetched too, and counts for nothing here once it is processed.
    const overhead = fetchedBytes - records * valueBytes
    expect(overhead).to.be.lessThan(256 * KIBIBYTE)
    expect(mostWaiting).to.be.within(1, 64 * KIBIBYTE + overhead)
  })

  it('stops processing while a commit takes so long that changes of stores would pass their limit', async () => {
    const [records, valueBytes] = [4_096, 8 * KIBIBYTE]
    await given(records, valueBytes, 8)
    const builder = new StreamsBuilder()
    builder
      .stream('orders', text)
      .groupByKey()
      .reduce((_, value) => value, { store: 'latest' })
    gate.shut()
    const limits = { cacheMaxBytes: 1024 * KIBIBYTE, inputBufferMaxBytes: 256 * KIBIBYTE }
    const app = await started(builder.build(), limits, { slow: 'commitOffsets', valueBytes })
    await eventually(() => expect(app.totals().processed * valueBytes).to.be.greaterThan(4 * 1024 * KIBIBYTE))
    await manyTurns()
    // Twice the 8 MiB that are let gather however small the caches, and what one turn finds to process.
    expect(app.totals().processed * valueBytes).to.be.lessThan((16 * 1024 + 1024) * KIBIBYTE)
    gate.open()
    await caughtUp(app)
    expect(app.totals().processed).to.equal(records)
  })
})
