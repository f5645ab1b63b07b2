/** KTable, without its joins. */
import { type KTable, Suppressed } from '@millrace/core'
import { any } from '../any-serde.js'
import { expression } from '../expression.js'
import { keeping, type Operators } from '../operator.js'
import { named, picked, stored, storedValue } from '../options.js'

type Table = KTable<any, any>

export const operators: Operators = {
  'KTable.filter': keeping<Table>((from, step) => {
    const when = expression(step.when)
    return from.filter((key, value) => when({ key, value }), { ...stored(step), ...storedValue(step) })
  }),
  'KTable.filterNot': keeping<Table>((from, step) => {
    const when = expression(step.when)
    return from.filterNot((key, value) => when({ key, value }), { ...stored(step), ...storedValue(step) })
  }),
  'KTable.mapValues': keeping<Table>((from, step) => {
    const mapper = expression(step.value)
    return from.mapValues((value, key) => mapper({ key, value }), { ...stored(step), ...storedValue(step) })
  }),
  'KTable.transformValues': keeping<Table>((from, step) => {
    const value = expression(step.value)
    const transformer = () => ({ transform: (given: unknown, key: unknown) => value({ key, value: given }) })
    return from.transformValues(transformer, { ...stored(step), ...storedValue(step) })
  }),
  'KTable.suppress': keeping<Table>((from, step) => {
    const options = picked(step, ['name', 'maxRecords', 'maxBytes', 'logging'])
    if (step.until === 'windowCloses') return from.suppress(Suppressed.untilWindowCloses(options), { value: any })
    const whenFull = step.whenFull === 'shutDown' ? 'shut-down' : 'emit'
    return from.suppress(Suppressed.untilTimeLimit(Number(step.limitMs), { ...options, whenFull }), { value: any })
  }),
  'KTable.toStream': (from, step) => {
    const table = from.object as Table
    if (step.key === undefined) return { object: table.toStream(named(step)), keys: from.keys }
    const newKey = expression(step.key)
    return {
      object: table.toStream((key, value) => newKey({ key, value }), { ...named(step), key: any }),
      keys: 'plain'
    }
  }
}
