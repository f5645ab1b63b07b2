/** What a suppression keeps of a record, and what others see of its table meanwhile. */
import { expect } from 'chai'
import { type BufferStoreDefinition, memoryEngine, openTaskState, type TaskState } from '@millrace/state'
import type { OperatorRuntime, Process } from '../../../dist/operators/operator.js'
import { suppress, suppressedView } from '../../../dist/operators/suppress.js'
import { type BufferedChange, bufferedChangeSerde } from '../../../dist/serdes/buffered-change.js'
import { serdes } from '../../../dist/serdes/serdes.js'

const definition: BufferStoreDefinition<string, BufferedChange<string>> = {
  kind: 'buffer',
  name: 'buffer',
  key: serdes.string(),
  value: bufferedChangeSerde(serdes.string()),
  logging: true,
  caching: false,
  timeOf: ({ time }) => time
}

describe('suppress', () => {
  let state: TaskState
  let runtime: OperatorRuntime
  let passedOn: Parameters<Process>[]
  let downstream: Process
  let process: Process
  let advance: (time: number) => boolean

  beforeEach(async () => {
    const options = { directory: 'suppress', definitions: [definition], cacheMaxBytes: 1024 }
    state = await openTaskState(options, { engine: memoryEngine() })
    runtime = {
      node: 'n',
      bufferStore: (name: string) => state.bufferStore(name),
      onTimeAdvance: (told: typeof advance) => void (advance = told)
    } as OperatorRuntime
    passedOn = []
    downstream = (...record) => passedOn.push(record)
    const options10 = { waitMs: 10, maxRecords: Infinity, maxBytes: Infinity, whenFull: 'emit' } as const
    const timeOf = (_key: unknown, timestamp: number) => timestamp
    process = suppress<string, string>({ ...options10, store: 'buffer', timeOf, dropsDeletions: false }).compile(
      runtime,
      (...record) => downstream(...record)
    )
  })

  afterEach(() => state.close())

  const put = (key: string, newValue: string | null, oldValue: string | null, timestamp: number, header = '') => {
    const headers = header === '' ? [] : [['h', Buffer.from(header)] as const]
    const context = { topic: 't', partition: 0, offset: timestamp, timestamp: 0, headers }
    process(key, { newValue, oldValue }, timestamp, context)
    return context
  }

  it('passes on the last change of a row as it came, with the place, time and headers of its record', () => {
    put('a', 'new', null, 0, 'first')
    const last = put('a', 'newer', 'new', 5, 'second')
    // What a record's headers are views of may be gone, or kept alive, by the time it passes on.
    last.headers[0]![1].fill('x')
    put('b', 'b', null, 10)
    const headers = [['h', Buffer.from('second')]]
    const context = { topic: 't', partition: 0, offset: 5, timestamp: 5, headers }
    expect(passedOn).to.deep.equal([['a', { newValue: 'newer', oldValue: 'new' }, 5, context]])
  })

  it('passes on what it is time for when time goes on without a record, and says whether there was anything', () => {
    put('a', 'new', null, 0)
    put('b', 'b', null, 5)
    expect([9, 10, 10].map(time => advance(time))).to.deep.equal([false, true, false])
    expect(passedOn.map(([key]) => key)).to.deep.equal(['a'])
    put('late', 'x', null, 0)
    expect(passedOn.map(([key]) => key)).to.deep.equal(['a', 'late'])
  })

  it('shows a table’s readers the rows as downstream has seen them', () => {
    const rows = new Map([['untouched', { value: 'there', timestamp: 3 }]])
    const view = suppressedView<string, string>('buffer', { stores: ['rows'], compile: () => key => rows.get(key) })
    expect(view.stores).to.deep.equal(['buffer', 'rows'])
    const read = view.compile(runtime)
    put('fresh', '1', null, 0)
    put('changed', '2', '1', 1)
    put('changed', '3', '2', 2)
    expect(['untouched', 'fresh', 'changed', 'none'].map(read)).to.deep.equal([
      { value: 'there', timestamp: 3 },
      undefined,
      { value: '1', timestamp: -1 },
      undefined
    ])
  })

  it('holds a row until it has passed on', () => {
    const seen: unknown[] = []
    const read = suppressedView<string, string>('buffer', { stores: [], compile: () => () => undefined }).compile(
      runtime
    )
    downstream = (key: string) => seen.push([key, read(key)?.value])
    put('a', '2', '1', 0)
    put('b', '1', null, 10)
    expect(seen).to.deep.equal([['a', '1']])
    expect(read('a')).to.equal(undefined)
  })
})
