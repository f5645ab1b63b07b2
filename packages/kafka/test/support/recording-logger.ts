/** Keeps what was logged. */
import type { Logger } from '@millrace/core'

export class RecordingLogger implements Logger {
  readonly lines: { readonly level: string; readonly message: string }[] = []

  debug(_facts: object, message: string): void {
    this.lines.push({ level: 'debug', message })
  }

  info(_facts: object, message: string): void {
    this.lines.push({ level: 'info', message })
  }

  warn(_facts: object, message: string): void {
    this.lines.push({ level: 'warn', message })
  }

  error(_facts: object, message: string): void {
    this.lines.push({ level: 'error', message })
  }
}
