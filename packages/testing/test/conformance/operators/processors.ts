/** The Processor API: in the DSL, and node by node. */
import { type KStream, type StoreBuilder, stores } from '@millrace/core'
import { any, both } from '../any-serde.js'
import { fixedKeyProcessor, plainProcessor } from '../behaviour.js'
import { keeping, type Operators, rekeying } from '../operator.js'
import { named, picked } from '../options.js'
import type { Step } from '../scenario.js'
import type { Scope } from '../scope.js'

type Stream = KStream<any, any>

function connected(step: Step): { stores?: string[] } {
  return step.stores === undefined ? {} : { stores: step.stores as string[] }
}

function store(step: Step, scope: Scope): StoreBuilder {
  const name = step.store as string
  scope.plainStores.add(name)
  const options = { ...both, ...picked(step, ['caching', 'logging']) }
  const { retentionMs, sizeMs, retainDuplicates, maxEntries } = step as { [option: string]: any }
  if (maxEntries !== undefined) return stores.lru(name, { ...options, maxEntries })
  if (step.storeType === 'versioned') return stores.versioned(name, { ...options, historyMs: retentionMs })
  if (step.storeType === 'session') return stores.session(name, { ...options, retentionMs })
  if (step.storeType !== 'window') return stores.keyValue(name, options)
  return stores.window(name, { ...options, retentionMs, windowSizeMs: sizeMs, retainDuplicates })
}

export const operators: Operators = {
  'KStream.process': rekeying<Stream>((from, step) =>
    from.process(() => plainProcessor(step), { ...named(step), ...connected(step), ...both })
  ),
  'KStream.processValues': keeping<Stream>((from, step) =>
    from.processValues(() => fixedKeyProcessor(step), { ...named(step), ...connected(step), value: any })
  ),
  'StreamsBuilder.addStateStore': (_, step, scope) => {
    scope.builder.addStateStore(store(step, scope))
    return undefined
  },
  'Topology.addSource': (_, step, scope) => {
    scope.lowLevel().addSource(step.name as string, step.topic as string | string[], both)
    return undefined
  },
  'Topology.addProcessor': (_, step, scope) => {
    const parents = step.parents as string[]
    scope.lowLevel().addProcessor(step.name as string, () => plainProcessor(step), { parents })
    return undefined
  },
  'Topology.addStore': (_, step, scope) => {
    scope.lowLevel().addStateStore(store(step, scope), ...(step.processors as string[]))
    return undefined
  },
  'Topology.addSink': (_, step, scope) => {
    scope.sinks.set(step.topic as string, 'plain')
    scope.lowLevel().addSink(step.name as string, step.topic as string, { ...both, parents: step.parents as string[] })
    return undefined
  }
}
