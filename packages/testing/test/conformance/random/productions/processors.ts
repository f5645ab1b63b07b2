/** KStream.process and processValues. */
import type { Production, Productions } from '../production.js'
import { someName } from '../words.js'

const STATELESS = [{ processor: 'twice' }, { processor: 'later' }, { processor: 'streamTime' }]
const TICKING = [10, 25].map(everyMs => ({ processor: 'ticks', everyMs, punctuation: 'stream' }))
const STATEFUL = [
  { processor: 'count' },
  { processor: 'changes' },
  { processor: 'buffer', everyMs: 15, punctuation: 'stream' }
]

const ofValues: Production = at => processed(at, [...STATELESS, ...STATEFUL.slice(0, 2)])

/** A processor that may change keys gives plain ones. */
const ofRecords: Production = at => processed(at, [...STATELESS, { processor: 'mark' }, ...TICKING, ...STATEFUL])

const processed = (at: Parameters<Production>[0], choices: readonly Record<string, unknown>[]) => {
  if (at.from.windowed) return undefined
  const { pick, fresh } = at
  const chosen = pick.one(choices)
  const step = { ...chosen, ...someName(at) }
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
