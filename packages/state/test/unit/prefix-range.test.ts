/** A range of a prefix is what a filter of all entries would leave. */
import { expect } from 'chai'
import fc from 'fast-check'
import { memoryEngine, openTaskState, type Serde } from '@millrace/state'
import { definition } from '../support/definitions.js'

const bytes: Serde<Buffer> = {
  name: 'bytes',
  write: (value, out) => out.writeBytes(value),
  read: (source, start, end) => Buffer.from(source.subarray(start, end))
}

/** Few different bytes, those at the end of the order among them. */
const key = fc.array(fc.constantFrom(0x00, 0x61, 0xfe, 0xff), { maxLength: 4 }).map(values => Buffer.from(values))

describe('a range of a prefix', () => {
  it('has the keys that begin with its bytes, within its bounds, committed or not', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          committed: fc.array(key),
          changed: fc.array(key),
          prefix: key,
          from: fc.option(key, { nil: undefined }),
          to: fc.option(key, { nil: undefined }),
          reverse: fc.boolean()
        }),
        async ({ committed, changed, prefix, from, to, reverse }) => {
          const options = {
            directory: 'prefix',
            definitions: [{ ...definition('s'), key: bytes, logging: false }],
            cacheMaxBytes: 0
          }
          const state = await openTaskState(options, { engine: memoryEngine() })
          const store = state.store('s')
          for (const each of committed) store.put(each, 1, 0)
          await state.commit(new Map(), { sync: false })
          for (const each of changed) store.put(each, 2, 0)
          const found: string[] = []
          const bounds = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
          for await (const [each] of store.range({ ...bounds, prefix, reverse })) {
            found.push((each as Buffer).toString('hex'))
          }
          const expected = [...committed, ...changed]
            .filter(each => each.subarray(0, prefix.length).equals(prefix))
            .filter(each => from === undefined || Buffer.compare(each, from) >= 0)
            .filter(each => to === undefined || Buffer.compare(each, to) <= 0)
            .toSorted(Buffer.compare)
            .map(each => each.toString('hex'))
          const unique = [...new Set(expected)]
          expect(found).to.deep.equal(reverse ? unique.toReversed() : unique)
          await state.close()
        }
      ),
      { numRuns: 300 }
    ))
})
