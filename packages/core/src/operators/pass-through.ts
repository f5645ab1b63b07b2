/** Hands records on unchanged: `merge`, and the branches of a `split`. */
import type { Operator } from './operator.js'

export const passThrough: Operator = {
  compile: (_runtime, downstream) => downstream
}
