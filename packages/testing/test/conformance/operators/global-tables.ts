/** GlobalKTable and its joins, and other global stores. */
import { type KeyValueStore, type KStream, type Processor, type StoreBuilder, stores } from '@millrace/core'
import { any, both } from '../any-serde.js'
import { expression } from '../expression.js'
import { keeping, type Operators, rekeying } from '../operator.js'
import { named, picked } from '../options.js'
import type { Step } from '../scenario.js'
import { storeOf } from '../store-of.js'

type Stream = KStream<any, any>

/** Keeps the newest value of each key. */
function filling(step: Step): Processor<any, any, never, never> {
  let rows: KeyValueStore<unknown, unknown>
  return {
    init(context) {
      rows = context.store(step.store as string)
    },
    process({ key, value }) {
      if (key !== null) rows.put(key, value)
    }
  }
}

export const operators: Operators = {
  'StreamsBuilder.globalTable': rekeying((_, step, { builder }) =>
    builder.globalTable(step.topic as string, {
      ...both,
      ...picked(step, ['name', 'store', 'engine'])
    })
  ),
  'StreamsBuilder.addGlobalStore': (_, step, scope) => {
    const name = step.store as string
    scope.plainStores.add(name)
    const store = stores.keyValue(name, both)
    scope.builder.addGlobalStore(store, step.topic as string, () => filling(step), { ...both, ...named(step) })
    return undefined
  },
  'Topology.addGlobalProcessor': (_, step, scope) => {
    const name = step.store as string
    scope.plainStores.add(name)
    const [source, processor] = [step.source as string, step.name as string]
    const options = { ...both, source, processor }
    scope.lowLevel().addGlobalStore(stores.keyValue(name, both), step.topic as string, () => filling(step), options)
    return undefined
  },
  'Topology.addReadOnlyStore': (_, step, scope) => {
    const [source, processor] = [step.source as string, step.name as string]
    const options = { ...both, source, processor }
    const store = storeOf(step, scope) as StoreBuilder<KeyValueStore<any, any>>
    scope.lowLevel().addReadOnlyStateStore(store, step.topic as string, () => filling(step), options)
    return undefined
  },
  'KStream.join(GlobalKTable)': keeping<Stream>((from, step, scope) => {
    const [selector, joiner] = [expression(step.key), expression(step.value)]
    return from.join<any, any, any>(
      scope.with(step),
      (key, value) => selector({ key, value }),
      (left, right, key) => joiner({ key, left, right }),
      { ...named(step), result: any }
    )
  }),
  'KStream.leftJoin(GlobalKTable)': keeping<Stream>((from, step, scope) => {
    const [selector, joiner] = [expression(step.key), expression(step.value)]
    return from.leftJoin<any, any, any>(
      scope.with(step),
      (key, value) => selector({ key, value }),
      (left, right, key) => joiner({ key, left, right }),
      { ...named(step), result: any }
    )
  })
}
