/** The errors of serdes; the runtime adds the record's topic, partition and offset. */
import { MillraceError } from '@millrace/state'

/** A value that the serde cannot encode. */
export function encodeFailed(serde: string, reason: string, cause?: unknown): MillraceError {
  return new MillraceError('SERDE_ENCODE_FAILED', `The ${serde} serde cannot encode the value: ${reason}`, {
    cause,
    details: { serde }
  })
}

/** Bytes that are not what the serde expects. */
export function decodeFailed(serde: string, reason: string, cause?: unknown): MillraceError {
  return new MillraceError('SERDE_DECODE_FAILED', `The ${serde} serde cannot decode the bytes: ${reason}`, {
    cause,
    details: { serde }
  })
}

/** The text of whatever was thrown; a deep nesting's RangeError is one of them. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
