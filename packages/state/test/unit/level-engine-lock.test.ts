import { expect } from 'chai'
import { levelEngine, MillraceError } from '@millrace/state'
import { startChild } from '../support/child.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

describe('the lock of a level database', function () {
  this.timeout(30_000)
  const newDirectory = temporaryDirectory()

  it('keeps a second process out and names the first', async () => {
    const directory = newDirectory()
    const child = startChild('hold-database', [directory])
    try {
      await child.line()
      const error = await failure(levelEngine().open(directory))
      expect(error.code).to.equal('STATE_LOCKED')
      expect(error.message).to.contain(directory).and.contain(String(child.pid))
      expect(error.details).to.include({ directory, pid: child.pid })
    } finally {
      await child.kill()
    }
  })

  it('ends with the process that had it', async () => {
    const directory = newDirectory()
    const child = startChild('hold-database', [directory])
    await child.line()
    await child.kill()
    const database = await levelEngine().open(directory)
    expect(database.get(Buffer.from('k'))).to.equal(undefined)
    await database.close()
  })

  it('names this process when that has it', async () => {
    const directory = newDirectory()
    const database = await levelEngine().open(directory)
    const error = await failure(levelEngine().open(directory))
    expect(error.code).to.equal('STATE_LOCKED')
    expect(error.details).to.include({ pid: process.pid })
    await database.close()
  })
})

async function failure(promise: Promise<unknown>): Promise<MillraceError> {
  const result = await promise.then(
    () => undefined,
    (error: unknown) => error
  )
  if (result instanceof MillraceError) return result
  throw new Error(`expected a MillraceError, got ${String(result)}`)
}
