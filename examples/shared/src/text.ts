/** Text for the terminal: colours, numbers, and what fits into a column. */
import { styleText } from 'node:util'

/** How to write for an output. */
export interface TextStyle {
  /** Columns to keep within. */
  readonly width: number
  readonly colour: boolean
}

export type Format = Parameters<typeof styleText>[0]

/** Colours text where the style has colours. */
export function paintWith(style: TextStyle): (format: Format, text: string) => string {
  return style.colour ? styleText : (_format, text) => text
}

/** 1234567 as 1,234,567. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** At most so many characters, the last of them … where some are missing. */
export function cut(text: string, width: number): string {
  const characters = [...text]
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`
}

/** Cut or filled up to so many characters. */
export function pad(text: string, width: number): string {
  const shown = cut(text, width)
  return shown + ' '.repeat(Math.max(0, width - [...shown].length))
}
