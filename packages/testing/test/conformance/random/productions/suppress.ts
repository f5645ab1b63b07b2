/** KTable.suppress, of both kinds. */
import type { Productions } from '../production.js'
import { someName } from '../words.js'

const LIMITS = [
  { limitMs: 10 },
  { limitMs: 0 },
  { limitMs: 50, maxRecords: 1 },
  { limitMs: 50, maxBytes: 100 },
  { limitMs: 1000, maxRecords: 2, maxBytes: 150 },
  { limitMs: 50, maxRecords: 3, whenFull: 'shutDown' },
  { limitMs: 5, logging: false }
].map(limit => ({ until: 'timeLimit', ...limit }))

const CLOSES = [{}, { maxRecords: 5 }, { maxBytes: 300 }, { logging: false }].map(limit => ({
  until: 'windowCloses',
  ...limit
}))

export const productions: Productions = {
  'KTable.suppress': at => ({
    step: { ...at.pick.one(at.from.windowed ? [...CLOSES, ...LIMITS] : LIMITS), ...someName(at) },
    kind: 'KTable'
  })
}
