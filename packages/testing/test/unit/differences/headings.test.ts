/** Every difference that the documentation tells of has a test. */
import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'

const root = new URL('../../../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const here = 'packages/testing/test/unit/differences'

describe('docs/reference/differences.md', () => {
  it('has a test under each of its headings', () => {
    const headings = [...read('docs/reference/differences.md').matchAll(/^### (.+)$/gm)].map(match => match[1]!)
    const files = [
      ...readdirSync(new URL(here, root), { encoding: 'utf8' })
        .filter(file => file !== 'headings.test.ts')
        .map(file => `${here}/${file}`),
      'packages/core/test/unit/runtime/differences.test.ts'
    ]
    const tests = files.flatMap(file => [...read(file).matchAll(/^ {2}it\('(.+)', /gm)].map(match => match[1]!))
    expect(headings.length).to.be.greaterThan(20)
    expect(headings.toSorted()).to.deep.equal(tests.toSorted())
  })
})
