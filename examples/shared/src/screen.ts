/** Shows pictures one over the other on a terminal, or plain lines where the output goes elsewhere. */
import type { WriteStream } from 'node:tty'
import type { TextStyle } from './text.js'

const CLEAR_BELOW = '\x1b[0J'
const DRAW_MS = 250
/** Plain lines come seldom, and only with news; the first counts at once. */
const PLAIN_MS = 2_000

export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** What there is to see at a moment. */
export interface Picture {
  /** Lines without line breaks, for where they can be drawn anew. */
  lines(style: TextStyle): readonly string[]
  /** One line for where they cannot; undefined while there is nothing to tell. */
  line(): string | undefined
}

export class Screen {
  readonly #output: Output
  readonly #look: () => Picture
  #timer: NodeJS.Timeout | undefined
  #drawn = 0
  #shown = ''
  #nextPlain = 0

  /** `look` tells what to show at the moment. */
  constructor(output: Output | WriteStream, look: () => Picture) {
    this.#output = output
    this.#look = look
  }

  start(): void {
    this.#timer = setInterval(() => this.draw(), DRAW_MS)
    this.draw()
  }

  /** Draws once more, all of it, and no more after that. */
  stop(): void {
    clearInterval(this.#timer)
    if (this.#isTerminal) this.draw()
    else this.#output.write(`${this.#look().lines({ width: 80, colour: false }).join('\n')}\n`)
    this.#drawn = 0
  }

  draw(): void {
    if (!this.#isTerminal) return this.#drawPlain()
    // 0 on terminals that do not know their width.
    const width = this.#output.columns || 80
    const lines = this.#look().lines({ width, colour: true })
    const back = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : ''
    this.#output.write(`${back}\r${lines.map(line => `${line}\x1b[K`).join('\n')}\n${CLEAR_BELOW}`)
    this.#drawn = lines.length
  }

  /** A line of text above the table. */
  note(text: string, errors: Output): void {
    if (this.#isTerminal && this.#drawn > 0) this.#output.write(`\x1b[${this.#drawn}A\r${CLEAR_BELOW}`)
    errors.write(`${text}\n`)
    if (this.#drawn > 0) {
      this.#drawn = 0
      this.draw()
    }
  }

  get #isTerminal(): boolean {
    return this.#output.isTTY === true
  }

  #drawPlain(): void {
    const line = this.#look().line()
    if (line === undefined || line === this.#shown || performance.now() < this.#nextPlain) return
    this.#nextPlain = performance.now() + PLAIN_MS
    this.#shown = line
    this.#output.write(`${line}\n`)
  }
}
