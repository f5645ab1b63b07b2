/** A commit whose answers take their time: what the worker does meanwhile, and what belongs to which commit. */
import { type BrokerConnection, type KafkaStreams, type OffsetCommit, serdes, StreamsBuilder } from '@millrace/core'
import { expect } from 'chai'
import { ApplicationBench, caughtUp } from '../../support/application-bench.js'
import { eventually } from '../../support/eventually.js'
import { intercepted } from '../../support/intercepted-broker.js'
import { createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const counts = { key: serdes.string(), value: serdes.int64() }

/** Commits of offsets wait while it is shut. */
class Gate {
  readonly committed: number[] = []
  #shut: { readonly opened: Promise<void>; readonly open: () => void } | undefined
  waiting = 0

  shut(): void {
    let open = () => {}
    const opened = new Promise<void>(resolve => (open = resolve))
    this.#shut = { opened, open }
  }

  open(): void {
    this.#shut?.open()
    this.#shut = undefined
  }

  async commit(connection: BrokerConnection, ...args: Parameters<BrokerConnection['commitOffsets']>): Promise<void> {
    this.waiting++
    await this.#shut?.opened
    this.waiting--
    await connection.commitOffsets(...args)
    this.committed.push(...args[1].map(({ offset }: OffsetCommit) => offset))
  }
}

describe('a commit under way', () => {
  let gate: Gate
  const bench = new ApplicationBench(async ({ connection }) => {
    gate = new Gate()
    await createTopic(connection, 'clicks', 1)
  })

  async function started(): Promise<KafkaStreams> {
    const builder = new StreamsBuilder()
    builder.stream('clicks', text).groupByKey().count({ store: 'n' })
    const broker = intercepted(bench.broker, connection => ({
      commitOffsets: (...args) => gate.commit(connection, ...args)
    }))
    const app = bench.app(builder.build(), { broker })
    await app.start()
    return app
  }

  const clicks = (number: number) =>
    write(bench.connection, 'clicks', 0, ...Array.from({ length: number }, () => ({ key: 'a' })))
  const count = (app: KafkaStreams) => app.store<string, number>('n').get('a')
  const changelog = async () =>
    (await readAll(bench.connection, 'app-n-changelog', counts)).map(({ value }) => Number(value))

  /** Three clicks, whose commit has begun and waits; then two that are counted meanwhile. */
  async function startedBesideACommit(): Promise<KafkaStreams> {
    const app = await started()
    gate.shut()
    await clicks(3)
    await eventually(() => expect(gate.waiting).to.equal(1))
    await clicks(2)
    await eventually(async () => expect(await count(app)).to.equal(5))
    return app
  }

  it('lets the tasks go on, and commits only what there was when it began', async () => {
    const app = await startedBesideACommit()
    expect(gate.committed).to.deep.equal([])
    expect(await changelog()).to.deep.equal([3])
    gate.open()
    await caughtUp(app)
    expect(gate.committed).to.deep.equal([3, 5])
    await eventually(async () => expect(await changelog()).to.deep.equal([3, 5]))
  })

  it('is the only one: who asks for a commit meanwhile is answered by the next', async () => {
    const app = await startedBesideACommit()
    let answered = false
    const asked = app.commit().then(() => (answered = true))
    await clicks(1)
    await eventually(async () => expect(await count(app)).to.equal(6))
    expect(gate.waiting).to.equal(1)
    expect(answered).to.equal(false)
    gate.open()
    await asked
    expect(gate.committed[0]).to.equal(3)
    expect(gate.committed.at(-1)).to.be.at.least(5)
  })

  it('is waited for by close, which then commits the rest', async () => {
    const app = await startedBesideACommit()
    const closed = app.close()
    gate.open()
    await closed
    expect(gate.committed).to.deep.equal([3, 5])
    const next = await started()
    await caughtUp(next)
    expect(await count(next)).to.equal(5)
    expect(await changelog()).to.deep.equal([3, 5])
  })

  it('leaves the next one what came meanwhile: where that fails, these records and no others are processed again', async () => {
    const app = await startedBesideACommit()
    gate.commit = () => Promise.reject(new Error('the test cut the connection'))
    gate.open()
    await eventually(() => expect(app.state).to.equal('ERROR'))
    gate = new Gate()
    const next = await started()
    await caughtUp(next)
    expect(gate.committed.at(-1)).to.equal(5)
    // The five of the changelog, and two of them once more.
    expect(await count(next)).to.equal(7)
  })
})
