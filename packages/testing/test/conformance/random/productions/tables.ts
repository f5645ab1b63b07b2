/** KTable, grouped streams and grouped tables, and cogroup. */
import type { Production, Productions, Surroundings } from '../production.js'
import { AGGREGATORS, JOINERS, KEYS, MAPPERS, PREDICATES, someName, someStore, SUBTRACTORS } from '../words.js'

const derived =
  (field: string, choices: readonly string[]): Production =>
  at => {
    const store = at.pick.one([{}, { serdes: true }, someStore(at)])
    // With a store of its own, Kafka Streams wants to be told the serde of a windowed key.
    return {
      step: { [field]: at.pick.one(choices), ...(at.from.windowed ? {} : store), ...someName(at) },
      kind: 'KTable'
    }
  }

const join: Production = at => {
  const others = at.others('KTable')
  if (others.length === 0) return undefined
  const step = { with: at.pick.one(others).name, value: at.pick.one(JOINERS), ...at.pick.one([{}, someStore(at)]) }
  return { step: { ...step, ...someName(at) }, kind: 'KTable' }
}

const stored = (at: Surroundings) => ({ ...someStore(at), ...someName(at) })

export const productions: Productions = {
  'KTable.filter': derived('when', PREDICATES),
  'KTable.filterNot': derived('when', PREDICATES),
  'KTable.mapValues': derived('value', MAPPERS),
  'KTable.transformValues': derived('value', MAPPERS),
  'KTable.toStream': at => ({ step: someName(at), kind: 'KStream' }),
  'KTable.groupBy': at => ({
    step: { key: at.pick.one(KEYS), value: at.pick.one(MAPPERS) },
    kind: 'KGroupedTable',
    windowed: false
  }),
  'KTable.join(KTable)': join,
  'KTable.leftJoin(KTable)': join,
  'KTable.outerJoin(KTable)': join,
  'KGroupedStream.count': at => ({ step: stored(at), kind: 'KTable' }),
  'KGroupedStream.reduce': at => ({ step: { value: at.pick.one(AGGREGATORS), ...stored(at) }, kind: 'KTable' }),
  'KGroupedStream.aggregate': at => ({
    step: { initial: '<', value: at.pick.one(AGGREGATORS), ...stored(at) },
    kind: 'KTable'
  }),
  'KGroupedTable.count': at => ({ step: stored(at), kind: 'KTable' }),
  'KGroupedTable.reduce': at => ({
    step: { add: at.pick.one(AGGREGATORS), subtract: at.pick.one(SUBTRACTORS), ...stored(at) },
    kind: 'KTable'
  }),
  'KGroupedTable.aggregate': at => ({
    step: { initial: '<', add: at.pick.one(AGGREGATORS), subtract: at.pick.one(SUBTRACTORS), ...stored(at) },
    kind: 'KTable'
  }),
  'KGroupedStream.cogroup': at => ({ step: { value: at.pick.one(AGGREGATORS) }, kind: 'CogroupedKStream' }),
  'CogroupedKStream.cogroup(KGroupedStream)': at => {
    const others = at.others('KGroupedStream')
    if (others.length === 0) return undefined
    return { step: { with: at.pick.one(others).name, value: at.pick.one(AGGREGATORS) }, kind: 'CogroupedKStream' }
  },
  'CogroupedKStream.aggregate': at => ({ step: { initial: '<', ...stored(at) }, kind: 'KTable' })
}
