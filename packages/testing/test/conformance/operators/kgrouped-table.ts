/** KGroupedTable, and KTable.groupBy that leads to it. */
import type { KGroupedTable, KTable } from '@millrace/core'
import { any, both } from '../any-serde.js'
import { expression } from '../expression.js'
import { keeping, type Operators, rekeying } from '../operator.js'
import { named, stored } from '../options.js'

type Grouped = KGroupedTable<any, any>

export const operators: Operators = {
  'KTable.groupBy': rekeying<KTable<any, any>>((from, step) => {
    const [newKey, newValue] = [expression(step.key), expression(step.value)]
    return from.groupBy((key, value) => [newKey({ key, value }), newValue({ key, value })], { ...named(step), ...both })
  }),
  'KGroupedTable.count': keeping<Grouped>((from, step) => from.count(stored(step))),
  'KGroupedTable.reduce': keeping<Grouped>((from, step) => {
    const [add, subtract] = [expression(step.add), expression(step.subtract)]
    return from.reduce(
      (aggregate, value) => add({ aggregate, value }),
      (aggregate, value) => subtract({ aggregate, value }),
      { ...stored(step), value: any }
    )
  }),
  'KGroupedTable.aggregate': keeping<Grouped>((from, step) => {
    const [initial, add, subtract] = [expression(step.initial), expression(step.add), expression(step.subtract)]
    return from.aggregate(
      () => initial({}),
      (key, value, aggregate) => add({ key, value, aggregate }),
      (key, value, aggregate) => subtract({ key, value, aggregate }),
      { ...stored(step), value: any }
    )
  })
}
