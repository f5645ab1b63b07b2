/** A store with a greatest number of entries against a map, over commits, crashes and restarts. */
import { expect } from 'chai'
import fc from 'fast-check'
import { memoryEngine, openTaskState, type RestoreRecord } from '@millrace/state'
import { definition } from '../support/definitions.js'
import { changesOf } from '@millrace/state/test-suite'

const MAX_ENTRIES = 3

type Step =
  | { readonly do: 'put'; readonly key: string; readonly value: number | null }
  | { readonly do: 'get'; readonly key: string }
  | { readonly do: 'commit' | 'reopen' | 'restore' }

const key = fc.constantFrom('a', 'b', 'c', 'd', 'é', '')
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), key, value: fc.integer() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('put' as const), key, value: fc.constant(null) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('get' as const), key }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'reopen', 'restore') }) }
  ),
  { maxLength: 80 }
)

/** Its entries in the order of use. */
class Model {
  entries = new Map<string, [value: number, timestamp: number]>()

  get(name: string): number | undefined {
    const entry = this.entries.get(name)
    if (entry === undefined) return undefined
    this.entries.delete(name)
    this.entries.set(name, entry)
    return entry[0]
  }

  put(name: string, value: number | null, timestamp: number): void {
    this.entries.delete(name)
    if (value !== null) this.entries.set(name, [value, timestamp])
    if (this.entries.size > MAX_ENTRIES) this.entries.delete([...this.entries.keys()][0]!)
  }

  /** As of a restart. */
  byTimestamp(): void {
    this.entries = new Map([...this.entries].toSorted(([, [, a]], [, [, b]]) => a - b))
  }
}

describe('a store of the entries used last', () => {
  it('has what a map has that drops what was not used for longest', () =>
    fc.assert(
      fc.asyncProperty(steps, async (list: Step[]) => {
        const engine = memoryEngine()
        const changelog: RestoreRecord[] = []
        const model = new Model()
        let directory = 0
        const open = () =>
          openTaskState(
            {
              directory: String(directory),
              definitions: [{ ...definition('s'), kind: 'key-value', maxEntries: MAX_ENTRIES }],
              cacheMaxBytes: 0
            },
            { engine }
          )
        let state = await open()
        const commit = async () => {
          changelog.push(...changesOf(state, 's'))
          await state.commit(new Map([['s', changelog.length]]), { sync: false })
        }
        let timestamp = 0
        for (const step of list) {
          if (step.do === 'put') {
            state.store('s').put(step.key, step.value, ++timestamp)
            model.put(step.key, step.value, timestamp)
          } else if (step.do === 'get') {
            expect(state.store('s').get(step.key)?.value).to.equal(model.get(step.key))
          } else {
            await commit()
            if (step.do === 'commit') continue
            await state.close()
            if (step.do === 'restore') directory++
            state = await open()
            if (step.do === 'restore') {
              await state.restore('s', changelog, changelog.length)
              // The changelog tells the order of the puts only within what one commit wrote.
              await state.close()
              state = await open()
            }
            model.byTimestamp()
          }
        }
        const found = new Map<string, number>()
        for await (const [name, { value }] of state.store('s').range({})) found.set(name as string, value as number)
        expect(found).to.deep.equal(new Map([...model.entries].map(([name, [value]]) => [name, value])))
        expect(await state.store('s').approximateNumEntries()).to.equal(found.size)
        await state.close()
      }),
      { numRuns: 300 }
    ))
})
