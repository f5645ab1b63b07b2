/** Stores of the Processor API as a step describes them. */
import { type StoreBuilder, stores } from '@millrace/core'
import { both } from './any-serde.js'
import { picked } from './options.js'
import type { Step } from './scenario.js'
import type { Scope } from './scope.js'

export function storeOf(step: Step, scope: Scope): StoreBuilder {
  const name = step.store as string
  scope.plainStores.add(name)
  const options = { ...both, ...picked(step, ['caching', 'logging', 'engine']) }
  const { retentionMs, sizeMs, retainDuplicates, maxEntries } = step as { [option: string]: any }
  if (maxEntries !== undefined) return stores.lru(name, { ...options, maxEntries })
  if (step.storeType === 'versioned') return stores.versioned(name, { ...options, historyMs: retentionMs })
  if (step.storeType === 'session') return stores.session(name, { ...options, retentionMs })
  if (step.storeType !== 'window') return stores.keyValue(name, options)
  return stores.window(name, { ...options, retentionMs, windowSizeMs: sizeMs, retainDuplicates })
}
