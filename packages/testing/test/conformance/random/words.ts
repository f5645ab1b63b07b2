/** The user functions and options that random topologies are made with. */
import type { Surroundings } from './production.js'

export const PREDICATES = ['{value}|longer:1', '{value}|starts:a', '{value}|isNull', '{value}|is:b|not', '{key}|is:a']
export const MAPPERS = [
  '{value}|append:!',
  '{value}',
  '{key}{value}',
  '{value}|first',
  '{value}|length',
  '{value} unless {value}|is:b'
]
export const KEYS = ['{value}', '{value}|first', '{key}', '{key}{value}', '{value}|first unless {value}|is:c', 'one']
export const JOINERS = ['{left}/{right}', '{left}/{right} unless {right}|starts:b', '{right}']
export const AGGREGATORS = ['{aggregate}{value}', '{aggregate}{value} unless {value}|is:b', '{value}', '{aggregate}']
export const PARTITIONERS = ['keyLength', 'valueLength', 'everywhere', 'notB']
/** Those that leave the records of a key in one partition. */
export const KEY_PARTITIONERS = ['keyLength', 'notB']
export const SUBTRACTORS = ['{aggregate}-{value}', '{aggregate}-{value} unless {value}|is:a', '{aggregate}']

/** A store that is named, configured, or left to the operation. */
export function someStore({ pick, fresh }: Surroundings): Record<string, unknown> {
  return {
    ...(pick.one([false, true]) ? { store: fresh('store') } : {}),
    ...pick.maybe<boolean>('caching', false),
    ...pick.one([{}, {}, {}, { logging: false }]),
    ...pick.one([{}, {}, {}, { engine: 'memory' }])
  }
}

export function someName({ pick, fresh }: Surroundings): Record<string, unknown> {
  return pick.one([false, false, false, true]) ? { name: fresh('node') } : {}
}
