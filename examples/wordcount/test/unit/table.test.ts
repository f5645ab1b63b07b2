/** The table as text, and the order of its rows. */
import { expect } from 'chai'
import { CountsView } from '../../dist/counts-view.js'
import { renderLine, renderTable, type TableState } from '../../dist/table.js'

const state: TableState = {
  rows: [
    ['the', 1641],
    ['and', 872],
    ['à', 3]
  ],
  words: 27_327,
  distinct: 2_573,
  rate: 34_567.8,
  state: 'RUNNING',
  source: 'alice.txt on embedded log in data',
  url: 'http://127.0.0.1:4400/stores/counts/keys/the'
}

describe('table', () => {
  it('shows the words with their counts and bars', () => {
    expect(renderTable(state, { width: 40, colour: false })).to.deep.equal([
      'word count  RUNNING  27,327 words, 2,573 different, 34,568 words/s',
      'alice.txt on embedded log in data',
      'query curl http://127.0.0.1:4400/stores/counts/keys/the',
      '',
      '1  the   1,641  ████████████████████████',
      '2  and     872  ████████████▊',
      '3  à         3'
    ])
  })

  it('leaves out what there is not', () => {
    expect(renderTable({ ...state, rows: [], rate: 0, url: undefined }, { width: 40, colour: false })).to.deep.equal([
      'word count  RUNNING  27,327 words, 2,573 different',
      'alice.txt on embedded log in data',
      ''
    ])
  })

  it('keeps a long word within its column', () => {
    const rows = renderTable({ ...state, rows: [['x'.repeat(100), 1]] }, { width: 60, colour: false })
    expect(rows.at(-1)).to.equal(`1  ${'x'.repeat(23)}…      1  ${'█'.repeat(24)}`)
  })

  it('has a short form for logs', () => {
    expect(renderLine(state)).to.equal('27,327 words, 2,573 different: the 1,641, and 872, à 3')
  })

  it('has none before the first word', () => {
    expect(renderLine({ ...state, words: 0, distinct: 0, rows: [] })).to.equal(undefined)
  })
})

describe('counts view', () => {
  it('keeps the newest count of each word and the sum', () => {
    const view = new CountsView()
    view.set('__proto__', 1)
    view.set('__proto__', 5)
    view.set('gone', 2)
    view.set('gone', null)
    view.set('gone', null)
    expect([view.words, view.distinct, view.all()]).to.deep.equal([5, 1, [['__proto__', 5]]])
  })

  it('orders by count, then by the bytes of the word', () => {
    const view = new CountsView()
    for (const [word, times] of [
      ['b', 1],
      ['a', 1],
      ['z', 9],
      ['\uFFFD', 1],
      ['😀', 1],
      ['é', 1]
    ] as const)
      view.set(word, times)
    const all = ['z', 'a', 'b', 'é', '\uFFFD', '😀']
    expect(view.all().map(([word]) => word)).to.deep.equal(all)
    for (let rows = 1; rows <= 7; rows++) expect(view.top(rows).map(([word]) => word)).to.deep.equal(all.slice(0, rows))
  })
})
