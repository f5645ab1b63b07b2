/** Warnings of the libraries, held back until the program runs: one that cannot start says so in a single line. */
import type { Logger } from '@millrace/core'

export class Notes {
  #show: ((line: string) => void) | undefined
  readonly #waiting: string[] = []

  /** Errors are not among them: they end the program, with a line of their own. */
  readonly logger: Logger = {
    debug() {},
    info() {},
    warn: (facts, message) => this.add(`warning: ${message}${describe(facts)}`),
    error() {}
  }

  add(line: string): void {
    if (this.#show === undefined) this.#waiting.push(line)
    else this.#show(line)
  }

  /** From here on, and for those that waited. */
  showWith(show: (line: string) => void): void {
    this.#show = show
    for (const line of this.#waiting.splice(0)) show(line)
  }
}

function describe(facts: object): string {
  const shown = Object.entries(facts).map(
    ([name, value]) => `${name} ${value instanceof Error ? value.message : String(value)}`
  )
  return shown.length === 0 ? '' : ` (${shown.join(', ')})`
}
