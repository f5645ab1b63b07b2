import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type ChangelogOffsets,
  levelEngine,
  MillraceError,
  openTaskState,
  type Serde,
  StateDirectory,
  type StateEngine
} from '@millrace/state'
import { temporaryDirectory } from '../support/temporary-directory.js'

const HOUR = 3_600_000

describe('StateDirectory', () => {
  const newDirectory = temporaryDirectory()
  let root: string
  let states: StateDirectory

  beforeEach(async () => {
    root = newDirectory()
    states = await StateDirectory.open({ root, applicationId: 'app' })
  })

  it('lies under root and application id, for this user only', async () => {
    expect(states.path).to.equal(join(root, 'app'))
    expect((await stat(states.path)).mode & 0o777).to.equal(0o700)
    await states.acquire('0_1')
    expect((await stat(join(states.path, '0_1'))).mode & 0o777).to.equal(0o700)
  })

  describe('names', () => {
    const hostile = ['', '.', '..', '../other', 'a/b', '/etc', 'a\\b', 'a\0b', 'a b', 'ä', '~', '\n', 'x'.repeat(250)]

    for (const name of hostile) {
      const shown = JSON.stringify(name.length > 20 ? `${name.length} characters` : name)
      it(`refuses ${shown} as application id and as task id`, async () => {
        await expectInvalid(StateDirectory.open({ root, applicationId: name }))
        await expectInvalid(states.acquire(name))
        await expectInvalid(states.release(name, { at: 0, changelogOffsets: 0 }))
      })
    }

    it('takes every character that Kafka allows', async () => {
      const applicationId = 'aZ09._-'
      expect((await StateDirectory.open({ root, applicationId })).path).to.equal(join(root, applicationId))
      expect(await states.acquire('x'.repeat(249))).to.equal(join(root, 'app', 'x'.repeat(249), 'db'))
    })
  })

  describe('links and files in the way', () => {
    it('refuses an application directory that is a link', async () => {
      await mkdir(join(root, 'elsewhere'))
      await symlink(join(root, 'elsewhere'), join(root, 'linked'))
      await expectInvalid(StateDirectory.open({ root, applicationId: 'linked' }))
    })

    it('refuses a task directory that is a link', async () => {
      await mkdir(join(root, 'elsewhere'))
      await symlink(join(root, 'elsewhere'), join(states.path, '0_0'))
      await expectInvalid(states.acquire('0_0'))
    })

    it('refuses a file', async () => {
      await writeFile(join(root, 'file'), '')
      await expectInvalid(StateDirectory.open({ root, applicationId: 'file' }))
    })

    it('never follows a link when it cleans up', async () => {
      const outside = join(root, 'outside')
      await mkdir(outside)
      await writeFile(join(outside, 'departed'), '0')
      await symlink(outside, join(states.path, '0_0'))
      expect(await states.cleanUp({ olderThanMs: 0, now: HOUR, keep: [] })).to.deep.equal([])
      expect(existsSync(join(outside, 'departed'))).to.equal(true)
    })
  })

  describe('process id', () => {
    it('stays the same', async () => {
      expect(states.processId).to.match(/^[0-9a-f-]{36}$/)
      expect((await StateDirectory.open({ root, applicationId: 'app' })).processId).to.equal(states.processId)
    })

    it('differs between directories', async () => {
      expect((await StateDirectory.open({ root, applicationId: 'app2' })).processId).to.not.equal(states.processId)
    })

    it('is one for all who open a new directory at once', async () => {
      for (let round = 0; round < 10; round++) {
        const applicationId = `together-${round}`
        const all = await Promise.all(Array.from({ length: 8 }, () => StateDirectory.open({ root, applicationId })))
        const ids = new Set(all.map(({ processId }) => processId))
        expect(ids.size).to.equal(1)
        expect([...ids][0]).to.match(/^[0-9a-f-]{36}$/)
        expect(await readdir(join(root, applicationId))).to.deep.equal(['process-id'])
      }
    })

    it('is made anew where a power loss left an empty file', async () => {
      await writeFile(join(states.path, 'process-id'), '')
      const reopened = await StateDirectory.open({ root, applicationId: 'app' })
      expect(reopened.processId).to.match(/^[0-9a-f-]{36}$/)
      expect((await StateDirectory.open({ root, applicationId: 'app' })).processId).to.equal(reopened.processId)
    })
  })

  describe('clean-up', () => {
    it('deletes tasks that left long enough ago, and only those', async () => {
      await departed('0_0', 0)
      await departed('0_1', 10)
      await departed('0_2', 11)
      expect(await states.cleanUp({ olderThanMs: HOUR, now: HOUR + 10, keep: [] })).to.have.members(['0_0', '0_1'])
      expect(await tasks()).to.deep.equal(['0_2'])
    })

    it('goes by the file, not by the times of the directory', async () => {
      await departed('0_0', HOUR)
      await utimes(join(states.path, '0_0'), 0, 0)
      expect(await states.cleanUp({ olderThanMs: HOUR, now: HOUR + 1, keep: [] })).to.deep.equal([])
      expect(await tasks()).to.deep.equal(['0_0'])
    })

    it('does not touch a task to keep', async () => {
      await departed('0_0', 0)
      expect(await states.cleanUp({ olderThanMs: 0, now: HOUR, keep: ['0_0'] })).to.deep.equal([])
      expect(await tasks()).to.deep.equal(['0_0'])
    })

    it('does not touch a task that came back', async () => {
      await departed('0_0', 0)
      const database = await levelEngine().open(await states.acquire('0_0'))
      expect(await states.cleanUp({ olderThanMs: 0, now: HOUR, keep: [] })).to.deep.equal([])
      expect(await tasks()).to.deep.equal(['0_0'])
      await database.close()
    })

    it('does not touch a database in use, though a late release says that the task left', async () => {
      const database = await levelEngine().open(await states.acquire('0_0'))
      await states.release('0_0', { at: 0, changelogOffsets: 0 })
      expect(await states.cleanUp({ olderThanMs: 0, now: HOUR, keep: [] })).to.deep.equal([])
      const batch = database.batch()
      batch.put(Buffer.from('k'), Buffer.from('v'))
      await batch.write({ sync: true })
      expect(database.get(Buffer.from('k'))?.toString()).to.equal('v')
      await database.close()
    })

    it('does not touch a database that cannot be opened now, since it may be in use', async () => {
      await (await levelEngine().open(await states.acquire('0_0'))).close()
      await states.release('0_0', { at: 0, changelogOffsets: 0 })
      const engine: StateEngine = {
        name: 'out of file handles',
        open: () => Promise.reject(new MillraceError('STATE_OPEN_FAILED', 'too many open files'))
      }
      const other = await StateDirectory.open({ root, applicationId: 'app' }, { engine })
      expect(await other.cleanUp({ olderThanMs: 0, now: HOUR, keep: [] })).to.deep.equal([])
      expect(await tasks()).to.deep.equal(['0_0'])
    })

    it('may run several times at once', async () => {
      await departed('0_0', 0)
      await departed('0_1', 0)
      const clean = () => states.cleanUp({ olderThanMs: 0, now: HOUR, keep: [] })
      const removed = (await Promise.all([clean(), clean(), clean()])).flat()
      // Opening a database that another has just moved away leaves an empty one: a run notices it, and the next deletes it.
      await clean()
      await clean()
      expect(await tasks()).to.deep.equal([])
      expect([...new Set(removed)].sort()).to.deep.equal(['0_0', '0_1'])
    })

    it('deletes global stores that no worker has had for so long', async () => {
      await departed('global-0', 0)
      const database = await levelEngine().open(await states.acquire('global-1'))
      expect(await states.cleanUp({ olderThanMs: HOUR, now: HOUR, keep: [] })).to.deep.equal(['global-0'])
      await database.close()
      expect(await tasks()).to.deep.equal(['global-1'])
    })

    it('leaves the directory of a global store to whoever keeps it in memory', async () => {
      await states.acquire('global-0')
      await states.release('global-0', { at: 0, changelogOffsets: 0 })
      expect(await states.cleanUp({ olderThanMs: 0, now: HOUR, keep: [] })).to.deep.equal([])
      expect(await tasks()).to.deep.equal(['global-0'])
    })

    it('lets the delay of a task that was never released begin when it is first seen', async () => {
      await (await levelEngine().open(await states.acquire('0_0'))).close()
      expect(await states.cleanUp({ olderThanMs: HOUR, now: 5 * HOUR, keep: [] })).to.deep.equal([])
      expect(await states.cleanUp({ olderThanMs: HOUR, now: 6 * HOUR - 1, keep: [] })).to.deep.equal([])
      expect(await states.cleanUp({ olderThanMs: HOUR, now: 6 * HOUR, keep: [] })).to.deep.equal(['0_0'])
    })

    it('lets the delay begin anew where the file was cut short', async () => {
      await departed('0_0', 0)
      await writeFile(join(states.path, '0_0', 'departed'), '')
      expect(await states.cleanUp({ olderThanMs: HOUR, now: 5 * HOUR, keep: [] })).to.deep.equal([])
      expect(await states.cleanUp({ olderThanMs: HOUR, now: 6 * HOUR, keep: [] })).to.deep.equal(['0_0'])
    })

    it('leaves nothing behind but the process id', async () => {
      await departed('0_0', 0)
      await states.cleanUp({ olderThanMs: 0, now: HOUR, keep: [] })
      expect(await readdir(states.path)).to.deep.equal(['process-id'])
    })

    it('gives a task whose state was deleted a new, empty database', async () => {
      await departed('0_0', 0)
      await states.cleanUp({ olderThanMs: 0, now: HOUR, keep: [] })
      const database = await levelEngine().open(await states.acquire('0_0'))
      expect(database.get(Buffer.from('k'))).to.equal(undefined)
      await database.close()
    })

    it('has nothing to do in an empty directory', async () => {
      await rm(states.path, { recursive: true })
      await mkdir(states.path)
      expect(await states.cleanUp({ olderThanMs: 0, now: HOUR, keep: [] })).to.deep.equal([])
    })
  })

  describe('stored offsets', () => {
    const stateOf = async (taskId: string, offsets: ChangelogOffsets) => {
      const key = serde
      const definitions = ['a', 'b'].map(name => ({
        kind: 'key-value' as const,
        name,
        key,
        value: key,
        logging: true,
        caching: true
      }))
      const directory = await states.acquire(taskId)
      const state = await openTaskState({ directory, definitions, cacheMaxBytes: 0 }, { engine: levelEngine() })
      for (const store of offsets.keys()) state.store(store).put('k', 'v', 0)
      for (const store of offsets.keys()) state.visitChanges(store, () => {})
      await state.commit(offsets, { sync: false })
      return state
    }
    const serde: Serde<string> = {
      name: 'text',
      write: (value, out) => out.writeUtf8(value),
      read: (bytes, start, end) => bytes.toString('utf8', start, end)
    }

    it('are those noted by tasks that left', async () => {
      await departed('0_0', 0)
      await departed('1_0', 0)
      expect([...(await states.storedOffsets())].toSorted()).to.deep.equal([
        ['0_0', 7],
        ['1_0', 7]
      ])
    })

    it('are the sum over the stores of a task that a crash left behind', async () => {
      const offsets = new Map([
        ['a', 30],
        ['b', 12]
      ])
      await (await stateOf('0_0', offsets)).close()
      expect([...(await states.storedOffsets())]).to.deep.equal([['0_0', 42]])
    })

    it('leave out global stores, which are of no task', async () => {
      const state = await stateOf('global-0', new Map([['a', [30, 12]]]))
      expect([state.changelogOffset('a'), state.changelogOffset('a', 1)]).to.deep.equal([30, 12])
      await state.close()
      expect([...(await states.storedOffsets())]).to.deep.equal([])
    })

    it('are kept when a clean-up finds what a crash left behind', async () => {
      await (await stateOf('0_0', new Map([['a', 30]]))).close()
      await states.cleanUp({ olderThanMs: HOUR, now: 5 * HOUR, keep: [] })
      expect(existsSync(join(states.path, '0_0', 'departed'))).to.equal(true)
      expect([...(await states.storedOffsets())]).to.deep.equal([['0_0', 30]])
    })

    it('leave out a task that somebody has open, and one without a database', async () => {
      const state = await stateOf('0_0', new Map([['a', 30]]))
      await states.acquire('0_1')
      await states.release('0_1', { at: 0, changelogOffsets: 9 })
      expect([...(await states.storedOffsets())]).to.deep.equal([])
      await state.close()
    })
  })

  /** A task with a value in its database that left at `now`. */
  async function departed(taskId: string, now: number): Promise<void> {
    const directory = await states.acquire(taskId)
    expect(dirname(directory)).to.equal(join(states.path, taskId))
    const database = await levelEngine().open(directory)
    const batch = database.batch()
    batch.put(Buffer.from('k'), Buffer.from('v'))
    await batch.write({ sync: false })
    await database.close()
    await states.release(taskId, { at: now, changelogOffsets: 7 })
  }

  async function tasks(): Promise<string[]> {
    return (await readdir(states.path)).filter(name => name !== 'process-id').sort()
  }
})

async function expectInvalid(promise: Promise<unknown>): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause
  )
  expect(error).to.have.property('code', 'STATE_DIRECTORY_INVALID')
}
