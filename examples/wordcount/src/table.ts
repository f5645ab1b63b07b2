/** The live table as text. */
import { count, cut, pad, paintWith, type Format, type TextStyle } from '../../shared/dist/text.js'
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

const BAR = '█'
const PART_BARS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const MAX_BAR = 40
const MAX_WORD = 24

/** Lines without line breaks, none wider than the width as long as characters are one column wide. */
export function renderTable(state: TableState, style: TextStyle): string[] {
  const paint = paintWith(style)
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
  { width }: TextStyle,
  paint: (format: Format, text: string) => string
): string[] {
  const most = rows[0]?.[1] ?? 1
  const wordWidth = Math.min(MAX_WORD, Math.max(4, ...rows.map(([word]) => [...word].length)))
  const countWidth = Math.max(5, count(most).length)
  const rankWidth = String(rows.length).length
  const room = Math.max(0, Math.min(MAX_BAR, width - rankWidth - wordWidth - countWidth - 6))
  return rows.map(([word, times], index) => {
    const rank = paint('dim', String(index + 1).padStart(rankWidth))
    return `${rank}  ${pad(word, wordWidth)}  ${count(times).padStart(countWidth)}  ${paint('cyan', bar((times / most) * room))}`.trimEnd()
  })
}

/** One line for where a table cannot be redrawn; undefined before the first word. */
export function renderLine(state: TableState): string | undefined {
  if (state.words === 0) return undefined
  const best = state.rows
    .slice(0, 5)
    .map(([word, times]) => `${word} ${count(times)}`)
    .join(', ')
  return `${count(state.words)} words, ${count(state.distinct)} different${best === '' ? '' : `: ${best}`}`
}

function bar(length: number): string {
  const eighths = Math.round(length * 8)
  return BAR.repeat(Math.floor(eighths / 8)) + (PART_BARS[eighths % 8] ?? '')
}
