/** How long to wait before the next attempt: twice as long as before, up to a limit. */

const DEFAULT_FIRST_MS = 100
const DEFAULT_MAX_MS = 1_000

export interface BackOffOptions {
  /** Default 100. */
  readonly firstMs?: number
  /** Default 1000. */
  readonly maxMs?: number
}

export class BackOff {
  readonly #firstMs: number
  readonly #maxMs: number
  #nextMs: number

  constructor(options: BackOffOptions = {}) {
    this.#firstMs = options.firstMs ?? DEFAULT_FIRST_MS
    this.#maxMs = Math.max(options.maxMs ?? DEFAULT_MAX_MS, this.#firstMs)
    this.#nextMs = this.#firstMs
  }

  /** Whether nothing has failed since the last success. */
  get fresh(): boolean {
    return this.#nextMs === this.#firstMs
  }

  /** Milliseconds to wait after one more failure. */
  failed(): number {
    const ms = this.#nextMs
    this.#nextMs = Math.min(ms * 2, this.#maxMs)
    return ms
  }

  succeeded(): void {
    this.#nextMs = this.#firstMs
  }
}
