/** KStream with KStream. */
import type { Production, Productions } from '../production.js'
import { JOINERS, someName } from '../words.js'

const joined: Production = at => {
  const { pick, fresh } = at
  const others = at.others('KStream')
  if (others.length === 0) return undefined
  const step = {
    with: pick.one(others).name,
    value: pick.one(JOINERS),
    differenceMs: pick.one([0, 1, 10, 40, 100_000]),
    ...pick.maybe('beforeMs', 0, 5, 20),
    ...pick.maybe('afterMs', 0, 3, 50),
    ...pick.maybe('graceMs', 0, 1, 10, 90_000),
    ...pick.one([{}, {}, { store: fresh('store') }]),
    ...pick.one([{}, {}, {}, { logging: false }]),
    ...pick.one([{}, {}, {}, { engine: 'memory' }]),
    ...someName(at)
  }
  return { step, kind: 'KStream' }
}

export const productions: Productions = {
  'KStream.join(KStream)': joined,
  'KStream.leftJoin(KStream)': joined,
  'KStream.outerJoin(KStream)': joined
}
