/** KTable with KTable. */
import type { KTable } from '@millrace/core'
import { expression } from '../expression.js'
import { keeping, type Operator, type Operators } from '../operator.js'
import { stored, storedValue } from '../options.js'

type Table = KTable<any, any>

const joining = (method: 'join' | 'leftJoin' | 'outerJoin'): Operator =>
  keeping<Table>((from, step, scope) => {
    const joiner = expression(step.value)
    const joined = (left: unknown, right: unknown, key: unknown) => joiner({ key, left, right })
    return from[method](scope.with<Table>(step), joined, { ...stored(step), ...storedValue(step) })
  })

export const operators: Operators = {
  'KTable.join(KTable)': joining('join'),
  'KTable.leftJoin(KTable)': joining('leftJoin'),
  'KTable.outerJoin(KTable)': joining('outerJoin')
}
