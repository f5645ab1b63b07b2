/** The picture of the stock. */
import { expect } from 'chai'
import { Stock } from '../../dist/stock.js'
import { renderLine, renderTable } from '../../dist/table.js'

function stateOf(counts: readonly (readonly [storeId: string, itemId: string, pieces: number])[]) {
  const stock = new Stock()
  for (const [storeId, itemId, pieces] of counts) stock.set({ storeId, itemId }, pieces, 0)
  const url = 'http://127.0.0.1:4410/inventory/stores/berlin/items/kettle/count'
  return { stock, rows: 20, rate: 0, state: 'RUNNING', source: 'embedded log', url, now: 10_000 }
}

const plain = { width: 60, colour: false }

describe('table', () => {
  const state = stateOf([
    ['oslo', 'kettle', 1234],
    ['berlin', 'kettle', 7],
    ['berlin', 'lamp', -2],
    ['__proto__', 'lamp', 1]
  ])

  it('has a row for each item and a column for each store', () => {
    expect(renderTable({ ...state, rate: 19.8 }, plain)).to.deep.equal([
      'inventory  RUNNING  1,240 pieces of 2 items in 3 stores, 20 events/s here',
      'embedded log',
      `query curl ${state.url}`,
      '',
      '       __proto__    berlin      oslo',
      'kettle                   7     1,234',
      'lamp           1        -2'
    ])
  })

  it('says what it has no room for', () => {
    expect(renderTable({ ...state, rows: 1 }, { ...plain, width: 20 }).slice(-3)).to.deep.equal([
      '       __proto__',
      'kettle',
      'and 1 more item, 2 more stores'
    ])
  })

  it('has no rows before the first count', () => {
    const empty = stateOf([])
    expect(renderTable(empty, plain)).to.have.length(4)
    expect(renderLine(empty)).to.equal(undefined)
  })

  it('lets counts stand out that have just changed, and those below zero', () => {
    // The tests' own output may be a file.
    const { FORCE_COLOR } = process.env
    process.env.FORCE_COLOR = '1'
    state.stock.set({ storeId: 'oslo', itemId: 'kettle' }, 1235, 9_500)
    const [kettle, lamp] = renderTable(state, { ...plain, colour: true }).slice(-2)
    if (FORCE_COLOR === undefined) delete process.env.FORCE_COLOR
    else process.env.FORCE_COLOR = FORCE_COLOR
    expect(kettle).to.equal('kettle                   7\u001b[36m     1,235\u001b[39m')
    expect(lamp).to.equal('lamp           1\u001b[31m        -2\u001b[39m')
  })

  it('has a short form for logs', () => {
    expect(renderLine(stateOf([['berlin', 'kettle', 3]]))).to.equal('3 pieces of 1 item in 1 store')
  })
})
