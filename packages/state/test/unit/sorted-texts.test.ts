import { expect } from 'chai'
import fc from 'fast-check'
import { SortedTexts } from '../../dist/sorted-texts.js'

/** Few letters, so that texts meet again; lists long enough to cut blocks. */
const text = fc.string({ unit: fc.constantFrom('\0', 'a', 'b', '\xff'), maxLength: 8 })
const change = fc.tuple(fc.constantFrom('add', 'add', 'add', 'delete'), text)

describe('sorted texts', () => {
  it('are what a sorted list of the same texts is', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3000, size: 'max' }), text, (changes, bound) => {
        const texts = new SortedTexts()
        const model = new Set<string>()
        for (const [what, changed] of changes) {
          if (what === 'add') {
            texts.add(changed)
            model.add(changed)
          } else {
            texts.delete(changed)
            model.delete(changed)
          }
        }
        const sorted = [...model].sort((a, b) => (a < b ? -1 : 1))
        expect([...texts.from('')]).to.deep.equal(sorted)
        expect([...texts.from(bound)]).to.deep.equal(sorted.filter(each => each >= bound))
        expect(texts.lastBelow(bound)).to.equal(sorted.findLast(each => each < bound))
        expect(texts.first).to.equal(sorted[0])
        expect(texts.has(bound)).to.equal(model.has(bound))
      }),
      { numRuns: 50 }
    )
  })

  it('are none after clear', () => {
    const texts = new SortedTexts()
    texts.add('a')
    texts.clear()
    expect([...texts.from('')]).to.deep.equal([])
    expect(texts.lastBelow('z')).to.equal(undefined)
  })
})
