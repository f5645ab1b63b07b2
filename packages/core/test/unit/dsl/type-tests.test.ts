/** That the compile-only files in `test/types` leave no operator out. */
import * as core from '@millrace/core'
import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../../../test/types/', import.meta.url)
const shown = readdirSync(folder)
  .map(name => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n')

const CLASSES = [
  'StreamsBuilder',
  'KStream',
  'KTable',
  'GlobalKTable',
  'KGroupedStream',
  'KGroupedTable',
  'CogroupedKStream',
  'TimeWindowedKStream',
  'SessionWindowedKStream',
  'TimeWindowedCogroupedKStream',
  'SessionWindowedCogroupedKStream',
  'BranchedKStream'
] as const

/** Of the class and of what it extends. */
function methodsOf(prototype: object): string[] {
  if (prototype === Object.prototype) return []
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
    .map(([name]) => name)
  return [...own, ...methodsOf(Object.getPrototypeOf(prototype) as object)]
}

describe('the type tests', () => {
  for (const name of CLASSES) {
    it(`call each method of ${name}`, () => {
      const missing = methodsOf(core[name].prototype).filter(method => !shown.includes(`.${method}(`))
      expect(missing).to.deep.equal([])
    })
  }
})
