import { expect } from 'chai'
import { levelEngine, memoryEngine, openTaskState, type StateEngine, type TaskState } from '@millrace/state'
import { type CrashingEngine, crashingEngine } from '../support/crashing-engine.js'
import { definition } from '../support/definitions.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

for (const [name, newEngine] of [
  ['memory', memoryEngine],
  ['level', levelEngine]
] as [string, () => StateEngine][]) {
  describe(`trust in a ${name} database after its user died`, () => {
    const newDirectory = temporaryDirectory()
    let engine: CrashingEngine
    let directory: string

    beforeEach(() => {
      engine = crashingEngine(newEngine())
      directory = newDirectory()
    })

    const open = (bootId: string, stores: readonly string[] = ['words']) =>
      openTaskState(
        { directory, bootId, cacheMaxBytes: 1 << 20, definitions: stores.map(store => definition(store)) },
        { engine }
      )

    it('is gone with unsynced writes and another boot: store and offset are empty', async () => {
      await commit(await open('boot 1'), { sync: false })
      await engine.crash()
      const state = await open('boot 2')
      expect(await contents(state)).to.deep.equal({ offset: undefined, keys: [] })
      await state.close()
    })

    it('stays with unsynced writes under the same boot', async () => {
      await commit(await open('boot 1'), { sync: false })
      await engine.crash()
      const state = await open('boot 1')
      expect(await contents(state)).to.deep.equal({ offset: 1, keys: ['a'] })
      await state.close()
    })

    it('stays with nothing but synced commits, whatever the boot', async () => {
      await commit(await open('boot 1'), { sync: true })
      await engine.crash()
      const state = await open('boot 2')
      expect(await contents(state)).to.deep.equal({ offset: 1, keys: ['a'] })
      await state.close()
    })

    it('stays after a clean close, whatever the boot', async () => {
      const first = await open('boot 1')
      await commit(first, { sync: false })
      await first.close()
      const state = await open('boot 2')
      expect(await contents(state)).to.deep.equal({ offset: 1, keys: ['a'] })
      await state.close()
    })

    it('is gone after a restore that nothing synced followed', async () => {
      const first = await open('boot 1')
      await restore(first)
      await engine.crash()
      const state = await open('boot 2')
      expect(await contents(state)).to.deep.equal({ offset: undefined, keys: [] })
      await state.close()
    })

    it('is back after a synced commit that follows unsynced writes', async () => {
      const first = await open('boot 1')
      await restore(first)
      await commit(first, { sync: true })
      await engine.crash()
      const state = await open('boot 2')
      expect(await contents(state)).to.deep.equal({ offset: 1, keys: ['a', 'restored'] })
      await state.close()
    })

    it('is gone if it was gone one boot earlier and the writes of before were only read since', async () => {
      await commit(await open('boot 1'), { sync: false })
      await engine.crash()
      await open('boot 1')
      await engine.crash()
      const state = await open('boot 2')
      expect(await contents(state)).to.deep.equal({ offset: undefined, keys: [] })
      await state.close()
    })

    it('does not come back when the emptying itself is cut short', async () => {
      await commit(await open('boot 1'), { sync: false })
      await engine.crash()
      engine.failNextClear()
      const failed = await open('boot 2').then(
        () => false,
        () => true
      )
      expect(failed).to.equal(true)
      const state = await open('boot 2')
      expect(await contents(state)).to.deep.equal({ offset: undefined, keys: [] })
      await state.close()
    })

    it('is gone for stores that only an earlier topology had', async () => {
      const first = await open('boot 1', ['words', 'former'])
      first.store('former').put('a', 1, 1)
      first.visitChanges('former', () => undefined)
      await first.commit(new Map([['former', 1]]), { sync: false })
      await engine.crash()
      await (await open('boot 2')).close()
      const state = await open('boot 2', ['former'])
      expect(await contents(state, 'former')).to.deep.equal({ offset: undefined, keys: [] })
      await state.close()
    })

    it('finishes a wipe that was cut short', async () => {
      const first = await open('boot 1')
      await commit(first, { sync: false })
      engine.failNextClear()
      const failed = await first.wipe('words').then(
        () => false,
        () => true
      )
      expect(failed).to.equal(true)
      await engine.crash()
      const state = await open('boot 1')
      expect(await contents(state)).to.deep.equal({ offset: undefined, keys: [] })
      await state.close()
    })
  })
}

async function commit(state: TaskState, options: { readonly sync: boolean }): Promise<void> {
  state.store('words').put('a', 1, 1)
  state.visitChanges('words', () => undefined)
  await state.commit(new Map([['words', 1]]), options)
}

async function restore(state: TaskState): Promise<void> {
  await state.restore('words', [{ key: Buffer.from('restored'), value: Buffer.alloc(8), timestamp: 5 }], 9)
}

async function contents(state: TaskState, name = 'words'): Promise<{ offset: number | undefined; keys: unknown[] }> {
  const keys: unknown[] = []
  for await (const [key] of state.store(name).range({})) keys.push(key)
  return { offset: state.changelogOffset(name), keys }
}
