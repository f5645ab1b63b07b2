/** The base of every error this project throws: a stable `code` beside a message for people. */

/**
 * An error with a stable, documented code.
 *
 * Match on `code`, never on the text: messages may be reworded in any release, codes only in a major one.
 * `details` carries the facts of the message (topic, partition, offset, path …) as plain values.
 */
export class MillraceError extends Error {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {}
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'MillraceError'
    this.code = code
    this.details = options.details ?? {}
  }
}
