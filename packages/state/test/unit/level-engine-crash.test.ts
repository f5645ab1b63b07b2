import { expect } from 'chai'
import { levelEngine, openTaskState } from '@millrace/state'
import { startChild } from '../support/child.js'
import { definition } from '../support/definitions.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const KEYS = 500
const ROUNDS = 6

describe('level engine after a kill', function () {
  this.timeout(120_000)
  const newDirectory = temporaryDirectory()

  for (const sync of ['sync', 'no sync']) {
    it(`has the values of its offset, all of them and no others (${sync})`, async () => {
      const directory = newDirectory()
      let newest = 0
      for (let round = 0; round < ROUNDS; round++) {
        const child = startChild('commit-forever', [directory, String(KEYS), sync])
        await child.line()
        let acknowledged = newest
        const commits = 1 + Math.floor(Math.random() * 5)
        for (let i = 0; i < commits; i++) acknowledged = Number(await child.line())
        // Somewhere within a later commit.
        await new Promise(resolve => setTimeout(resolve, Math.random() * 10))
        await child.kill()
        newest = await checkedOffset(directory)
        expect(newest, `round ${round}: acknowledged commits`).to.be.at.least(acknowledged)
      }
    })
  }
})

/** The offset found, once every value was compared with it. */
async function checkedOffset(directory: string): Promise<number> {
  const state = await openTaskState(
    { directory, definitions: [definition('left'), definition('right')], cacheMaxBytes: 1 << 20 },
    { engine: levelEngine() }
  )
  try {
    const offset = state.changelogOffset('left')
    expect(state.changelogOffset('right')).to.equal(offset)
    const values = { left: new Set<number>(), right: new Set<number>() }
    for (const name of ['left', 'right'] as const) {
      let count = 0
      for await (const [, { value, timestamp }] of state.store(name).range({})) {
        values[name].add(value as number)
        expect(timestamp).to.equal(offset)
        count++
      }
      expect(count).to.equal(KEYS)
    }
    expect([...values.left]).to.deep.equal([offset])
    expect([...values.right]).to.deep.equal([-offset!])
    return offset!
  } finally {
    await state.close()
  }
}
