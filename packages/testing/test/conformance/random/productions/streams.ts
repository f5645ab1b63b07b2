/** KStream without windows. */
import type { Productions, Surroundings } from '../production.js'
import { JOINERS, KEY_PARTITIONERS, KEYS, MAPPERS, PREDICATES, someName, someStore } from '../words.js'

const joined = (surroundings: Surroundings, kind: string) => {
  const { pick } = surroundings
  const others = surroundings.others(kind)
  if (others.length === 0) return undefined
  return { with: pick.one(others).name, value: pick.one(JOINERS), ...someName(surroundings) }
}

export const productions: Productions = {
  'KStream.filter': at => ({ step: { when: at.pick.one(PREDICATES), ...someName(at) }, kind: 'KStream' }),
  'KStream.filterNot': at => ({ step: { when: at.pick.one(PREDICATES) }, kind: 'KStream' }),
  'KStream.mapValues': at => ({ step: { value: at.pick.one(MAPPERS), ...someName(at) }, kind: 'KStream' }),
  'KStream.flatMapValues': () => ({ step: { values: '{value}|words' }, kind: 'KStream' }),
  'KStream.map': ({ pick }) => ({
    step: { key: pick.one(KEYS), value: pick.one(MAPPERS) },
    kind: 'KStream',
    windowed: false
  }),
  'KStream.flatMap': ({ pick }) => ({
    step: {
      pairs: [
        { key: '{key}', value: '{value}' },
        { key: pick.one(KEYS), value: pick.one(MAPPERS) }
      ]
    },
    kind: 'KStream',
    windowed: false
  }),
  'KStream.selectKey': at => ({
    step: { key: at.pick.one(KEYS), ...someName(at) },
    kind: 'KStream',
    windowed: false
  }),
  'KStream.split': ({ pick, fresh }) => {
    const [some, others] = [fresh('n'), fresh('n')]
    const branches = [{ when: pick.one(PREDICATES), name: '-some', as: some }]
    const otherwise = { name: '-others', as: others }
    return { step: { name: fresh('split'), branches, otherwise }, kind: 'KStream', names: [some, others] }
  },
  'KStream.peek': () => ({ step: {}, kind: 'KStream' }),
  'KStream.repartition': at => ({
    step: { ...someName(at), ...at.pick.maybe('partitioner', ...KEY_PARTITIONERS) },
    kind: 'KStream'
  }),
  'KStream.toTable': at => ({ step: { ...someStore(at), ...someName(at) }, kind: 'KTable' }),
  // Kafka Streams forgets the serde of a key that may have changed, and wants it back where windows wrap the key.
  'KStream.groupByKey': () => ({ step: { serdes: true }, kind: 'KGroupedStream' }),
  'KStream.groupBy': at => ({
    step: { key: at.pick.one(KEYS) },
    kind: 'KGroupedStream',
    windowed: false
  }),
  'KStream.merge(KStream)': at => {
    const others = at.others('KStream').filter(({ name }) => name !== at.from.name)
    return others.length === 0
      ? undefined
      : { step: { with: at.pick.one(others).name, ...someName(at) }, kind: 'KStream' }
  },
  'KStream.join(KTable)': at => {
    const step = joined(at, 'KTable')
    return step && { step, kind: 'KStream' }
  },
  'KStream.leftJoin(KTable)': at => {
    const step = joined(at, 'KTable')
    return step && { step, kind: 'KStream' }
  }
}
