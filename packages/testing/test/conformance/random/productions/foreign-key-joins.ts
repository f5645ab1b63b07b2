/** KTable with KTable, on a foreign key. */
import type { Production, Productions } from '../production.js'
import { JOINERS, someName, someStore } from '../words.js'

const FOREIGN_KEYS = ['{value}', '{value}|first', '{value}|first unless {value}|is:c', '{key}', 'a']

const join: Production = at => {
  const { pick, from } = at
  const others = at.others('KTable')
  if (others.length === 0 || from.windowed) return undefined
  const step = {
    with: pick.one(others).name,
    foreignKey: pick.one(FOREIGN_KEYS),
    value: pick.one(JOINERS),
    ...pick.one([{}, someStore(at)]),
    ...someName(at)
  }
  return { step, kind: 'KTable' }
}

export const productions: Productions = {
  'KTable.join(KTable)ByForeignKey': join,
  'KTable.leftJoin(KTable)ByForeignKey': join
}
