/** A join of a stream with a versioned table that waits for late rows. */
import { expect } from 'chai'
import { serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'

const text = { key: serdes.string(), value: serdes.string() }

function prices(graceMs: number): Topology {
  const builder = new StreamsBuilder()
  const table = builder.table('prices', { ...text, store: 'prices', historyMs: 1000 })
  builder
    .stream('orders', text)
    .leftJoin(table, (order, price) => `${order} at ${price}`, { graceMs, result: serdes.string() })
    .to('out')
  return builder.build()
}

describe('a join with a grace', () => {
  let driver: TopologyTestDriver
  const orders = () => driver.createInputTopic('orders', text)
  const changePrice = async (price: string, time: number) =>
    driver.createInputTopic('prices', text).pipeInput('a', price, time)
  const reader = () => driver.createOutputTopic('out', text)

  afterEach(() => driver.close())

  it('waits for the row that held, and writes the record with its own time', async () => {
    driver = await TopologyTestDriver.open(prices(10))
    const out = reader()
    await changePrice('1', 0)
    await orders().pipeInput('a', 'x', 20)
    expect(out.readRecordsToList()).to.deep.equal([])
    await changePrice('2', 15)
    await orders().pipeInput('b', 'y', 30)
    expect(out.readRecordsToList().map(({ value, timestamp }) => [value, timestamp])).to.deep.equal([['x at 2', 20]])
  })

  it('joins what is later than the grace, and what has no key, at once', async () => {
    driver = await TopologyTestDriver.open(prices(10))
    const out = reader()
    await changePrice('1', 0)
    await orders().pipeInput('b', 'y', 30)
    await orders().pipeInput('a', 'x', 19)
    await orders().pipeInput(null, 'z', 40)
    expect(out.readValuesToList()).to.deep.equal(['x at 1', 'z at null'])
  })

  it('goes on waiting after a restart, and still knows how late it is', async () => {
    driver = await TopologyTestDriver.open(prices(10))
    const out = reader()
    await changePrice('1', 0)
    await orders().pipeInput('a', 'x', 20)
    await orders().pipeInput('a', 'y', 20)
    await driver.restart()
    await orders().pipeInput('a', 'late', 9)
    expect(out.readValuesToList()).to.deep.equal(['late at 1'])
    await orders().pipeInput('a', 'again', 20)
    await orders().pipeInput('b', 'z', 30)
    expect(out.readValuesToList()).to.deep.equal(['x at 1', 'y at 1', 'again at 1'])
  })
})
