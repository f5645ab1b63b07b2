/** Random scenarios on a broker are made smaller without one here: what fails is said by a function. */
import { expect } from 'chai'
import fc from 'fast-check'
import { drawShrinkable, shrink } from './partitions/shrink.js'

const numbers = fc.array(fc.nat({ max: 999 }), { minLength: 1, maxLength: 30, size: 'max' })
const FAILS = (list: readonly number[]): boolean => list.some(number => number > 100)

/** The first of the lists that are drawn that fails, and the function that says so and counts. */
function failing() {
  const first = drawShrinkable(numbers, { count: 50, seed: 3 }).find(({ value }) => FAILS(value))!
  const asked: number[][] = []
  const reasonOf = (value: number[]): Promise<string | undefined> => {
    asked.push(value)
    return Promise.resolve(FAILS(value) ? `over 100 of ${value.length}` : undefined)
  }
  return { from: { ...first, reason: 'as drawn' }, asked, modules: { reasonOf } }
}

describe('what differs on a broker', () => {
  it('is drawn as fast-check draws it from the same seed', () => {
    const drawn = drawShrinkable(numbers, { count: 20, seed: 3 }).map(({ value }) => value)
    expect(drawn).to.deep.equal(fc.sample(numbers, { numRuns: 20, seed: 3 }))
  })

  it('is made as small as it can be, and the reason is that of the smallest', async () => {
    const { from, modules } = failing()
    expect(from.value).to.have.length.above(1)
    const found = await shrink(from, { atOnce: 4, tries: 1000 }, modules)
    expect(found).to.deep.equal({ value: [101], reason: 'over 100 of 1' })
  })

  it('is tried no more often than allowed, and no value twice', async () => {
    const { from, asked, modules } = failing()
    await shrink(from, { atOnce: 4, tries: 10 }, modules)
    expect(asked).to.have.length(10)
    expect(new Set(asked.map(value => JSON.stringify(value))).size).to.equal(10)
  })

  it('stays as it is where nothing smaller fails', async () => {
    const { from } = failing()
    const found = await shrink(from, { atOnce: 3, tries: 50 }, { reasonOf: () => Promise.resolve(undefined) })
    expect(found).to.deep.equal({ value: from.value, reason: 'as drawn' })
  })
})
