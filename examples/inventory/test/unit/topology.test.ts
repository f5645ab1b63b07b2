/** The inventory, record by record and against a plain model. */
import { serdes } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'
import fc from 'fast-check'
import { itemKey, type ItemKey } from '../../dist/item-key.js'
import { inventory, INVENTORY_TABLE, TOPICS } from '../../dist/topology.js'
import type { Booking } from '../../dist/trade.js'
import { plainCounts } from '../support/plain-model.js'

const KETTLE: ItemKey = { storeId: 'berlin', itemId: 'kettle' }
const records = { key: itemKey, value: serdes.int64() }

async function open(cacheMaxBytes?: number) {
  const driver = await TopologyTestDriver.open(inventory(), cacheMaxBytes === undefined ? {} : { cacheMaxBytes })
  return {
    driver,
    sales: driver.createInputTopic(TOPICS.sales, records),
    shipments: driver.createInputTopic(TOPICS.shipments, records),
    updates: driver.createOutputTopic(TOPICS.inventory, records),
    count: (key: ItemKey) => driver.getKeyValueStore<ItemKey, number>(INVENTORY_TABLE).get(key)
  }
}

describe('inventory', () => {
  let opened: Awaited<ReturnType<typeof open>>

  beforeEach(async () => {
    opened = await open()
  })
  afterEach(() => opened.driver.close())

  it('knows nothing of an item before its first record', () => {
    expect(opened.count(KETTLE)).to.equal(undefined)
  })

  it('is right from the first shipment on', async () => {
    await opened.shipments.pipeInput(KETTLE, 10)
    expect(opened.count(KETTLE)).to.equal(10)
  })

  it('is right from the first sale on, also before any shipment', async () => {
    await opened.sales.pipeInput(KETTLE, 3)
    expect(opened.count(KETTLE)).to.equal(-3)
    await opened.shipments.pipeInput(KETTLE, 10)
    expect(opened.count(KETTLE)).to.equal(7)
  })

  it('adds up the records of a key rather than keep the last', async () => {
    for (const quantity of [10, 10, 5]) await opened.shipments.pipeInput(KETTLE, quantity)
    for (const quantity of [2, 2]) await opened.sales.pipeInput(KETTLE, quantity)
    expect(opened.count(KETTLE)).to.equal(21)
    expect(opened.updates.readValuesToList()).to.deep.equal([10, 20, 25, 23, 21])
  })

  it('counts what comes late like everything else', async () => {
    await opened.sales.pipeInput(KETTLE, 3, 2_000_000)
    await opened.shipments.pipeInput(KETTLE, 10, 1_000)
    await opened.sales.pipeInput(KETTLE, 1, 0)
    expect(opened.count(KETTLE)).to.equal(6)
  })

  it('keeps stores and items apart', async () => {
    const keys = [KETTLE, { ...KETTLE, storeId: 'oslo' }, { ...KETTLE, itemId: 'lamp' }]
    for (const [index, key] of keys.entries()) await opened.shipments.pipeInput(key, index + 1)
    expect(keys.map(opened.count)).to.deep.equal([1, 2, 3])
  })

  it('passes over a record without a quantity', async () => {
    await opened.shipments.pipeInput(KETTLE, 10)
    await opened.shipments.pipeInput(KETTLE, null)
    await opened.sales.pipeInput(KETTLE, null)
    expect(opened.count(KETTLE)).to.equal(10)
  })

  it('finds a key whatever the order of its fields in memory', async () => {
    await opened.shipments.pipeInput({ itemId: 'kettle', storeId: 'berlin' }, 10)
    await opened.sales.pipeInput({ storeId: 'berlin', itemId: 'kettle' }, 1)
    expect(opened.count(KETTLE)).to.equal(9)
  })

  it('equals the plain model, in any order, with late and repeated records and restarts, with caches and without', async function () {
    this.timeout(60_000)
    const booking = fc.record({
      side: fc.constantFrom<Booking['side']>('sales', 'shipments'),
      key: fc.record({ storeId: fc.constantFrom('a', 'b'), itemId: fc.constantFrom('x', 'y', '"', 'é') }),
      quantity: fc.integer({ min: -5, max: 50 }),
      timestamp: fc.integer({ min: 0, max: 10_000 })
    })
    const steps = fc.array(fc.oneof({ arbitrary: booking, weight: 9 }, fc.constant('restart' as const)), {
      maxLength: 40
    })
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(0, 1 << 20), async (steps, cacheMaxBytes) => {
        const { driver, sales, shipments, updates } = await open(cacheMaxBytes)
        try {
          const bookings = []
          for (const step of steps) {
            if (step === 'restart') {
              await driver.restart()
              continue
            }
            bookings.push(step)
            await (step.side === 'sales' ? sales : shipments).pipeInput(step.key, step.quantity, step.timestamp)
          }
          const expected = plainCounts(bookings)
          const named = ({ storeId, itemId }: ItemKey) => `${storeId}/${itemId}`
          const stored = new Map<string, number>()
          const table = driver.getKeyValueStore<ItemKey, number>(INVENTORY_TABLE)
          for await (const [key, count] of table.all()) stored.set(named(key), count)
          expect(stored).to.deep.equal(expected)
          const written = updates.readRecordsToList()
          expect(new Map(written.map(({ key, value }) => [named(key!), value]))).to.deep.equal(expected)
        } finally {
          await driver.close()
        }
      }),
      { numRuns: 60 }
    )
  })
})

describe('item key', () => {
  it('is JSON in one form', async () => {
    const { driver, shipments, updates } = await open()
    await shipments.pipeBytes(Buffer.from('{"storeId":"berlin","itemId":"kettle"}'), Buffer.alloc(8))
    expect(updates.readKeyValuesToList().map(([key]) => key)).to.deep.equal([KETTLE])
    await driver.close()
  })

  for (const text of [
    '{"itemId":"kettle","storeId":"berlin"}',
    '{"storeId": "berlin", "itemId": "kettle"}',
    '{"storeId":"berlin","itemId":"kettle","colour":"red"}',
    '{"storeId":"berlin"}',
    '["berlin","kettle"]',
    'kettle',
    'null'
  ]) {
    it(`is refused as ${text}`, async () => {
      const { driver, shipments } = await open()
      const refused = await shipments.pipeBytes(Buffer.from(text), Buffer.alloc(8)).then(
        () => 'accepted',
        (error: { code: string }) => error.code
      )
      expect(refused).to.equal('DESERIALIZATION_FAILED')
      await driver.close()
    })
  }
})
