/** The live table as text. */
import { styleText } from 'node:util'
import type { WordCount } from './counts-view.js'

/** What one picture shows. */
export interface TableState {
  readonly rows: readonly WordCount[]
  /** All words counted so far, and how many different ones. */
  readonly words: number
  readonly distinct: number
  /** Words counted per second, lately. */
  readonly rate: number
  /** Of the application, for example `RUNNING`. */
  readonly state: string
  /** What the words come from, for example `alice-in-wonderland.txt on embedded log in .millrace/wordcount`. */
  readonly source: string
  /** Where to ask; undefined when nobody answers. */
  readonly url: string | undefined
}

export interface TableStyle {
  /** Columns to keep within. */
  readonly width: number
  readonly colour: boolean
}

const BAR = '█'
const PART_BARS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const MAX_BAR = 40
const MAX_WORD = 24

/** Lines without line breaks, none wider than the width as long as characters are one column wide. */
export function renderTable(state: TableState, style: TableStyle): string[] {
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    style.colour ? styleText(format, text) : text
  const rate = state.rate > 0 ? `, ${count(state.rate)} words/s` : ''
  const head = [
    `${paint('bold', 'word count')}  ${paint(state.state === 'RUNNING' ? 'green' : 'yellow', state.state)}  ` +
      `${count(state.words)} words, ${count(state.distinct)} different${rate}`,
    paint('dim', cut(state.source, style.width))
  ]
  if (state.url !== undefined) head.push(`${paint('dim', 'query')} curl ${paint('cyan', state.url)}`)
  return [...head, '', ...renderRows(state.rows, style, paint)]
}

function renderRows(
  rows: readonly WordCount[],
  { width }: TableStyle,
  paint: (format: 'cyan' | 'dim', text: string) => string
): string[] {
  const most = rows[0]?.[1] ?? 1
  const wordWidth = Math.min(MAX_WORD, Math.max(4, ...rows.map(([word]) => [...word].length)))
  const countWidth = Math.max(5, count(most).length)
  const rankWidth = String(rows.length).length
  const room = Math.max(0, Math.min(MAX_BAR, width - rankWidth - wordWidth - countWidth - 6))
  return rows.map(([word, times], index) => {
    const shown = cut(word, wordWidth)
    const padding = ' '.repeat(Math.max(0, wordWidth - [...shown].length))
    const rank = paint('dim', String(index + 1).padStart(rankWidth))
    return `${rank}  ${shown}${padding}  ${count(times).padStart(countWidth)}  ${paint('cyan', bar((times / most) * room))}`.trimEnd()
  })
}

/** One line for where a table cannot be redrawn. */
export function renderLine(state: TableState): string {
  const best = state.rows
    .slice(0, 5)
    .map(([word, times]) => `${word} ${count(times)}`)
    .join(', ')
  return `${count(state.words)} words, ${count(state.distinct)} different${best === '' ? '' : `: ${best}`}`
}

/** 1234567 as 1,234,567. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

function bar(length: number): string {
  const eighths = Math.round(length * 8)
  return BAR.repeat(Math.floor(eighths / 8)) + (PART_BARS[eighths % 8] ?? '')
}

function cut(text: string, width: number): string {
  const characters = [...text]
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`
}
