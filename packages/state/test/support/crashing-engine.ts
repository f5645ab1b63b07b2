/** An engine whose databases can be closed behind their user's back, as the end of a process does. */
import type { StateDatabase, StateEngine } from '@millrace/state'

export interface CrashingEngine extends StateEngine {
  /** Lets go of the newest database without a word to whoever uses it. */
  crash(): Promise<void>
  /** Makes the next `clear` fail before it does anything. */
  failNextClear(): void
}

export function crashingEngine(engine: StateEngine): CrashingEngine {
  let newest: StateDatabase | undefined
  let failClear = false
  return {
    name: `crashing ${engine.name}`,
    async open(directory) {
      const database = await engine.open(directory)
      newest = database
      return new Proxy(database, {
        get(target, name) {
          if (name === 'clear' && failClear) {
            failClear = false
            return () => Promise.reject(new Error('cut short'))
          }
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        }
      })
    },
    async crash() {
      await newest?.close()
    },
    failNextClear() {
      failClear = true
    }
  }
}
