/** Stores of one task that lie in several engines. */
import { expect } from 'chai'
import {
  type EngineChoice,
  levelEngine,
  memoryEngine,
  openTaskState,
  type StateEngine,
  type TaskState
} from '@millrace/state'
import { definition } from '../support/definitions.js'
import { failingEngine } from '../support/failing-engine.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

describe('a task with stores in several engines', () => {
  const newDirectory = temporaryDirectory()

  it('has a store in memory anew at each start, without an offset', async () => {
    const at = { directory: 'task', engine: memoryEngine() }
    const first = await open(at, 'memory')
    await commit(first, { main: 1, other: 2 })
    await first.close()
    const second = await open(at, 'memory')
    expect(contents(second)).to.deep.equal({ main: 1, other: undefined })
    expect(offsets(second)).to.deep.equal({ main: 1, other: undefined })
    await second.close()
  })

  it('has a store in LevelDB again where the others are in memory', async () => {
    const directory = newDirectory()
    const first = await open({ directory, engine: memoryEngine() }, 'level')
    await commit(first, { main: 1, other: 2 })
    await first.close()
    const second = await open({ directory, engine: memoryEngine() }, 'level')
    expect(contents(second)).to.deep.equal({ main: undefined, other: 2 })
    await second.close()
  })

  it('keeps the stores of a LevelDB together, whether they ask for it or not', async () => {
    const at = { directory: newDirectory(), engine: levelEngine() }
    const first = await open(at, 'level')
    await commit(first, { main: 1, other: 2 })
    await first.close()
    const second = await open(at, undefined)
    expect(contents(second)).to.deep.equal({ main: 1, other: 2 })
    await second.close()
  })

  it('gives an engine a directory by its name', async () => {
    const opened: string[] = []
    const inner = memoryEngine()
    const engine: StateEngine = {
      name: 'mine/1',
      open: directory => {
        opened.push(directory)
        return inner.open(directory)
      }
    }
    const state = await open({ directory: 'task/db', engine: memoryEngine() }, engine)
    await state.close()
    expect(opened).to.deep.equal(['task/db-mine%2F1'])
  })

  it('empties a store that lay in another engine before, also when it comes back to one where it was', async () => {
    const at = { directory: 'task', engine: memoryEngine() }
    const mine = { ...memoryEngine(), name: 'mine' }
    for (const engine of [mine, undefined, mine]) {
      const state = await open(at, engine)
      expect(contents(state).other).to.equal(undefined)
      expect(offsets(state).other).to.equal(undefined)
      await commit(state, { main: 1, other: 2 })
      await state.close()
    }
    const again = await open(at, mine)
    expect(contents(again)).to.deep.equal({ main: 1, other: 2 })
    await again.close()
  })

  it('leaves to be committed what one engine refuses, and what the other took', async () => {
    const mine = failingEngine(memoryEngine())
    const state = await open({ directory: 'task', engine: memoryEngine() }, mine)
    mine.failing = true
    const failed = await commit(state, { main: 1, other: 2 }).catch((error: unknown) => error)
    expect(failed).to.be.an('error')
    mine.failing = false
    expect(offsets(state).other).to.equal(undefined)
    expect(state.changeCount('other')).to.equal(1)
    await commit(state, {})
    expect(offsets(state)).to.deep.equal({ main: 1, other: 1 })
    expect(contents(state)).to.deep.equal({ main: 1, other: 2 })
    await state.close()
  })

  it('is locked where all its stores lie elsewhere, too', async () => {
    const engine = memoryEngine()
    const options = { directory: 'task', definitions: [{ ...definition('other'), engine: 'memory' as const }] }
    const state = await openTaskState({ ...options, cacheMaxBytes: 0 }, { engine })
    const error: unknown = await openTaskState({ ...options, cacheMaxBytes: 0 }, { engine }).catch((e: unknown) => e)
    expect(error).to.have.property('code', 'STATE_LOCKED')
    await state.close()
  })
})

/** A task with a store in the task's own engine, and one in another. */
function open(
  { directory, engine }: { readonly directory: string; readonly engine: StateEngine },
  other: EngineChoice | undefined
): Promise<TaskState> {
  const lying = other === undefined ? {} : { engine: other }
  const definitions = [definition('main'), { ...definition('other'), ...lying }]
  return openTaskState({ directory, definitions, cacheMaxBytes: 0 }, { engine })
}

/** Puts the values and commits, with an offset of 1 for each store. */
async function commit(state: TaskState, values: Readonly<Record<string, number>>): Promise<void> {
  for (const [store, value] of Object.entries(values)) state.store(store).put('a', value, 1)
  for (const store of ['main', 'other']) state.visitChanges(store, () => {})
  await state.commit(
    new Map([
      ['main', 1],
      ['other', 1]
    ]),
    { sync: false }
  )
}

function contents(state: TaskState): Record<string, unknown> {
  return { main: state.store('main').get('a')?.value, other: state.store('other').get('a')?.value }
}

function offsets(state: TaskState): Record<string, unknown> {
  return { main: state.changelogOffset('main'), other: state.changelogOffset('other') }
}
