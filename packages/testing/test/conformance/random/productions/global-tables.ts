/** KStream with GlobalKTable. */
import type { Production, Productions } from '../production.js'
import { JOINERS, KEYS, someName } from '../words.js'

const join: Production = at => {
  const { pick } = at
  const others = at.others('GlobalKTable')
  if (others.length === 0) return undefined
  const step = { with: pick.one(others).name, key: pick.one(KEYS), value: pick.one(JOINERS), ...someName(at) }
  return { step, kind: 'KStream' }
}

export const productions: Productions = {
  'KStream.join(GlobalKTable)': join,
  'KStream.leftJoin(GlobalKTable)': join
}
