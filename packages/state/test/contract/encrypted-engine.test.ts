/** The engine that the guide shows keeps the contract, as one of a user's own has to. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { levelEngine } from '@millrace/state'
import { describeStateEngine, describeTaskState } from '@millrace/state/test-suite'
import { encrypted } from '../support/encrypted-engine.js'

const engine = encrypted(levelEngine(), randomBytes(32))

describeStateEngine('encrypted', { engine })
describeTaskState('encrypted', { engine })

describe('docs/guides/state-engines.md', () => {
  it('shows this engine', () => {
    const root = join(import.meta.dirname, '../../../..')
    const source = readFileSync(join(root, 'packages/state/test/support/encrypted-engine.ts'), 'utf8')
    const guide = readFileSync(join(root, 'docs/guides/state-engines.md'), 'utf8')
    expect(guide).to.contain(source.slice(source.indexOf('/** Encrypts')))
  })
})
