/** KStream.process and processValues. */
import type { Production, Productions } from '../production.js'
import { someName } from '../words.js'

const STATELESS = [{ processor: 'twice' }, { processor: 'later' }, { processor: 'streamTime' }]
const TICKING = [
  { processor: 'ticks', everyMs: 10, punctuation: 'stream' },
  { processor: 'ticks', everyMs: 25, punctuation: 'stream' },
  { processor: 'ticks', everyMs: 20, punctuation: 'wallClock' }
]
const STATEFUL = [
  { processor: 'count' },
  { processor: 'changes' },
  { processor: 'buffer', everyMs: 15, punctuation: 'stream' }
]

const TIMED = [
  { processor: 'windows', storeType: 'window', sizeMs: 10, retentionMs: 40 },
  { processor: 'sessions', storeType: 'session', sizeMs: 10, retentionMs: 40 },
  { processor: 'versions', storeType: 'versioned', sizeMs: 10, retentionMs: 40 }
]

const ofValues: Production = at => processed(at, [...STATELESS, ...STATEFUL.slice(0, 2), ...TIMED])

/** A processor that may change keys gives plain ones. */
const ofRecords: Production = at =>
  processed(at, [...STATELESS, { processor: 'mark' }, ...TICKING, ...STATEFUL, ...TIMED])

interface Choice {
  readonly processor: string
  readonly storeType?: string
  readonly retentionMs?: number
  readonly sizeMs?: number
}

const processed = (at: Parameters<Production>[0], choices: readonly Choice[]) => {
  if (at.from.windowed) return undefined
  const { pick, fresh, tableStores } = at
  if (tableStores.length > 0 && pick.one([false, false, true])) {
    const reads = pick.one(tableStores)
    return { step: { processor: 'lookUp', stores: [reads], reads, ...someName(at) }, kind: 'KStream', windowed: false }
  }
  const { storeType, retentionMs, ...chosen }: Choice = pick.one(choices)
  const step = { ...chosen, ...someName(at) }
  if (storeType !== undefined) {
    const store = fresh('store')
    const before = { op: 'addStateStore', store, storeType, retentionMs, sizeMs: chosen.sizeMs }
    return { step: { ...step, stores: [store] }, before, kind: 'KStream', windowed: false }
  }
  if (!STATEFUL.some(({ processor }) => processor === chosen.processor))
    return { step, kind: 'KStream', windowed: false }
  const store = fresh('store')
  const before = {
    op: 'addStateStore',
    store,
    ...pick.maybe('caching', true),
    ...pick.one([{}, {}, { logging: false }]),
    ...pick.one([{}, {}, { engine: 'memory' }])
  }
  return { step: { ...step, stores: [store] }, before, kind: 'KStream', windowed: false }
}

export const productions: Productions = {
  'KStream.process': ofRecords,
  'KStream.processValues': ofValues
}
