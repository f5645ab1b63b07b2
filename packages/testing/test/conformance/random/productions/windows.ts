/** Windows and sessions. */
import type { Production, Productions, Surroundings } from '../production.js'
import { AGGREGATORS, someName, someStore } from '../words.js'

const WINDOWS = [
  { kind: 'TimeWindowedKStream', step: { windows: 'time', sizeMs: 10 } },
  { kind: 'TimeWindowedKStream', step: { windows: 'time', sizeMs: 10, graceMs: 15 } },
  { kind: 'TimeWindowedKStream', step: { windows: 'time', sizeMs: 10, advanceMs: 3, graceMs: 5 } },
  { kind: 'SessionWindowedKStream', step: { windows: 'session', gapMs: 5, graceMs: 10 } },
  { kind: 'SessionWindowedKStream', step: { windows: 'session', gapMs: 20 } },
  { kind: 'TimeWindowedKStream', step: { windows: 'sliding', differenceMs: 10, graceMs: 20 } },
  { kind: 'TimeWindowedKStream', step: { windows: 'unlimited' } }
]

/** Windows over windowed keys make no keys that a scenario can show. */
const windowedBy: Production = ({ pick, from }) =>
  from.windowed ? undefined : { ...pick.one(WINDOWS), windowed: true }

const stored = (at: Surroundings) => ({ ...someStore(at), ...someName(at), ...at.pick.maybe('retentionMs', 100_000) })

const aggregations = (kind: string): Productions => ({
  [`${kind}.count`]: at => ({ step: stored(at), kind: 'KTable' }),
  [`${kind}.reduce`]: at => ({ step: { value: at.pick.one(AGGREGATORS), ...stored(at) }, kind: 'KTable' }),
  [`${kind}.aggregate`]: at => ({
    step: { initial: '<', value: at.pick.one(AGGREGATORS), merge: '{aggregate}{other}', ...stored(at) },
    kind: 'KTable'
  }),
  [`${kind}.emitStrategy`]: at => ({ step: { when: at.pick.one(['close', 'update']) }, kind })
})

const cogroupWindowedBy: Production = at => {
  const made = windowedBy(at)
  return made && { ...made, kind: made.kind.replace('WindowedKStream', 'WindowedCogroupedKStream') }
}

const cogroupAggregate: Production = at => ({
  step: { initial: '<', merge: '{aggregate}{other}', ...stored(at) },
  kind: 'KTable'
})

export const productions: Productions = {
  'KGroupedStream.windowedBy': windowedBy,
  'CogroupedKStream.windowedBy': cogroupWindowedBy,
  'TimeWindowedCogroupedKStream.aggregate': cogroupAggregate,
  'SessionWindowedCogroupedKStream.aggregate': cogroupAggregate,
  ...aggregations('TimeWindowedKStream'),
  ...aggregations('SessionWindowedKStream')
}
