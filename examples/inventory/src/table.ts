/** The live table as text: a row for each item, a column for each store. */
import { count, cut, pad, paintWith, type TextStyle } from '../../shared/dist/text.js'
import type { Stock } from './stock.js'

/** What one picture shows. */
export interface TableState {
  readonly stock: Stock
  /** Most rows to show. */
  readonly rows: number
  /** Records this instance has processed per second, lately. */
  readonly rate: number
  /** Of the application, for example `RUNNING`. */
  readonly state: string
  /** Where it runs, for example `embedded log in .millrace/inventory/log`. */
  readonly source: string
  /** Where to ask. */
  readonly url: string
  /** In ms of a steady clock; counts that have just changed stand out. */
  readonly now: number
}

const FRESH_MS = 1_500
const MOST_ITEM = 24
const COLUMN = 10

/** Lines without line breaks, none wider than the width as long as characters are one column wide. */
export function renderTable(state: TableState, style: TextStyle): string[] {
  const paint = paintWith(style)
  const { stock } = state
  const rate = state.rate > 0 ? `, ${count(state.rate)} events/s here` : ''
  const head = [
    `${paint('bold', 'inventory')}  ${paint(state.state === 'RUNNING' ? 'green' : 'yellow', state.state)}  ` +
      `${summary(stock)}${rate}`,
    paint('dim', cut(state.source, style.width)),
    `${paint('dim', 'query')} curl ${paint('cyan', state.url)}`,
    ''
  ]
  return stock.counts === 0 ? head : [...head, ...renderRows(state, style)]
}

function renderRows({ stock, rows, now }: TableState, style: TextStyle): string[] {
  const paint = paintWith(style)
  const { items, stores } = stock
  const itemWidth = Math.min(MOST_ITEM, Math.max(...items.map(item => [...item].length)))
  const room = Math.max(1, Math.floor((style.width - itemWidth) / COLUMN))
  const shown = stores.slice(0, room)
  const heading = shown.map(store => cut(store, COLUMN - 1).padStart(COLUMN)).join('')
  const lines = [paint('dim', `${' '.repeat(itemWidth)}${heading}`)]
  for (const itemId of items.slice(0, rows)) {
    const cells = shown.map(storeId => {
      const entry = stock.count({ storeId, itemId })
      const text = (entry === undefined ? '' : count(entry.pieces)).padStart(COLUMN)
      if (entry === undefined) return text
      if (entry.pieces < 0) return paint('red', text)
      return now - entry.changedAt < FRESH_MS ? paint('cyan', text) : text
    })
    lines.push(`${pad(itemId, itemWidth)}${cells.join('')}`.trimEnd())
  }
  const hidden = [
    ...(items.length > rows ? [many(items.length - rows, 'more item')] : []),
    ...(stores.length > room ? [many(stores.length - room, 'more store')] : [])
  ]
  return hidden.length === 0 ? lines : [...lines, paint('dim', `and ${hidden.join(', ')}`)]
}

/** One line for where a table cannot be redrawn; undefined before the first count. */
export function renderLine({ stock }: TableState): string | undefined {
  return stock.counts === 0 ? undefined : summary(stock)
}

function summary({ pieces, items, stores }: Stock): string {
  return `${many(pieces, 'piece')} of ${many(items.length, 'item')} in ${many(stores.length, 'store')}`
}

function many(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? '' : 's'}`
}
