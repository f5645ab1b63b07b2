/** What a step of a scenario does. */
import type { Keys } from './keys.js'
import type { Step } from './scenario.js'
import type { Made, Scope } from './scope.js'

/** Returns what it has made; undefined where a chain ends. */
export type Operator = (from: Made, step: Step, scope: Scope) => Made | undefined

export type Operators = Readonly<Record<string, Operator>>

/** An operator whose result has the keys of what it comes from. */
export function keeping<F extends object>(make: (from: F, step: Step, scope: Scope) => object): Operator {
  return (from, step, scope) => ({ object: make(from.object as F, step, scope), keys: from.keys })
}

/** An operator whose result has keys of its own. */
export function rekeying<F extends object>(
  make: (from: F, step: Step, scope: Scope) => object,
  keys: Keys | ((step: Step) => Keys) = 'plain'
): Operator {
  return (from, step, scope) => ({
    object: make(from?.object as F, step, scope),
    keys: typeof keys === 'function' ? keys(step) : keys
  })
}
