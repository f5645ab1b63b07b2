/** Merging the records of a key before they are written to a repartition topic. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type Combiner, type Headers, PARTIAL_HEADER, type RecordContext, serdes, type SinkNode } from '@millrace/core'
import { CombiningSink } from '../../../dist/runtime/combining-sink.js'

interface Written {
  readonly key: unknown
  readonly value: unknown
  readonly timestamp: number
  readonly headers: Headers
}

const context: RecordContext = { topic: 't', partition: 0, offset: 0, timestamp: 0, headers: [] }
const counting: Combiner<string, string, number> = {
  partial: serdes.int64(),
  initial: () => 0,
  add: (_key, _value, count) => count + 1
}

function aSink(): { sink: CombiningSink; written: Written[] } {
  const written: Written[] = []
  const node: SinkNode = {
    kind: 'sink',
    name: 'SINK',
    topic: 'r',
    predecessors: [],
    successors: [],
    key: serdes.string(),
    value: serdes.string()
  }
  const sink = new CombiningSink(
    { node, combiner: counting },
    { write: (key, value, timestamp, _context, headers) => written.push({ key, value, timestamp, headers }) }
  )
  return { sink, written }
}

describe('CombiningSink', () => {
  it('writes one partial a key, with the newest time and the header that marks it', () => {
    const { sink, written } = aSink()
    for (const [key, timestamp] of [
      ['a', 5],
      ['b', 1],
      ['a', 9],
      ['a', 7]
    ] as const)
      sink.process(key, 'x', timestamp, context)
    expect(written).to.deep.equal([])
    sink.flush()
    expect(written.map(({ key, value, timestamp }) => [key, value, timestamp])).to.deep.equal([
      ['a', 3, 9],
      ['b', 1, 1]
    ])
    expect(written[0]!.headers.map(([name]) => name)).to.deep.equal([PARTIAL_HEADER])
  })

  it('begins anew after a flush', () => {
    const { sink, written } = aSink()
    sink.process('a', 'x', 1, context)
    sink.flush()
    sink.flush()
    sink.process('a', 'x', 2, context)
    sink.flush()
    expect(written.map(({ value }) => value)).to.deep.equal([1, 1])
  })

  it('hands on as it is what the aggregation will drop: null keys and null values', () => {
    const { sink, written } = aSink()
    sink.process(null, 'x', 1, context)
    sink.process('a', null, 2, context)
    sink.flush()
    expect(written).to.deep.equal([
      { key: null, value: 'x', timestamp: 1, headers: [] },
      { key: 'a', value: null, timestamp: 2, headers: [] }
    ])
  })

  it('writes partials that sum up to the records, however often it is flushed', () => {
    const steps = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'é', '__proto__'), fc.constant(null)))
    fc.assert(
      fc.property(steps, keys => {
        const { sink, written } = aSink()
        for (const key of keys) key === null ? sink.flush() : sink.process(key, 'x', 1, context)
        sink.flush()
        const sums = new Map<unknown, number>()
        for (const { key, value } of written) sums.set(key, (sums.get(key) ?? 0) + Number(value))
        const expected = new Map<unknown, number>()
        for (const key of keys) if (key !== null) expected.set(key, (expected.get(key) ?? 0) + 1)
        expect(new Map([...sums].toSorted())).to.deep.equal(new Map([...expected].toSorted()))
      })
    )
  })

  it('writes itself out when it holds too many keys', () => {
    const { sink, written } = aSink()
    for (let i = 0; i <= 65_536; i++) sink.process(`k${i}`, 'x', 1, context)
    expect(written).to.have.length(65_536)
    sink.flush()
    expect(written).to.have.length(65_537)
  })
})
