/** KTable with KTable, on the key and on a foreign key. */
import type { KTable } from '@millrace/core'
import { any } from '../any-serde.js'
import { expression } from '../expression.js'
import { keeping, type Operator, type Operators } from '../operator.js'
import { stored, storedValue } from '../options.js'
import { partitionedByKey } from '../partitioners.js'

type Table = KTable<any, any>
type Joiner = (left: any, right: any, key: any) => any
type Options = { readonly name?: string; readonly value?: typeof any }

function joining(join: (left: Table, right: Table, joiner: Joiner, options: Options) => Table): Operator {
  return keeping<Table>((from, step, scope) => {
    const joiner = expression(step.value)
    const options = { ...stored(step), ...storedValue(step) }
    return join(from, scope.with(step), (left, right, key) => joiner({ key, left, right }), options)
  })
}

type ForeignKey = (value: any, key: any) => any

function joiningByForeignKey(
  join: (left: Table, right: Table, foreignKey: ForeignKey, joiner: Joiner, options: Options) => Table
): Operator {
  return keeping<Table>((from, step, scope) => {
    const [foreignKey, joiner] = [expression(step.foreignKey), expression(step.value)]
    return join(
      from,
      scope.with(step),
      (value, key) => foreignKey({ key, value }),
      (left, right, key) => joiner({ key, left, right }),
      { ...stored(step), ...partitionedByKey(step), value: any }
    )
  })
}

export const operators: Operators = {
  'KTable.join(KTable)': joining((left, right, joiner, options) => left.join(right, joiner, options)),
  'KTable.leftJoin(KTable)': joining((left, right, joiner, options) => left.leftJoin(right, joiner, options)),
  'KTable.outerJoin(KTable)': joining((left, right, joiner, options) => left.outerJoin(right, joiner, options)),
  'KTable.join(KTable)ByForeignKey': joiningByForeignKey((left, right, foreignKey, joiner, options) =>
    left.join(right, foreignKey, joiner, options)
  ),
  'KTable.leftJoin(KTable)ByForeignKey': joiningByForeignKey((left, right, foreignKey, joiner, options) =>
    left.leftJoin(right, foreignKey, joiner, options)
  )
}
