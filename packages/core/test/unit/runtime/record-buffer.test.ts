/** The order in which a task takes records, and the offsets it may commit. */
import { expect } from 'chai'
import fc from 'fast-check'
import { MillraceError, serdes, silentLogger, type SourceNode } from '@millrace/core'
import { PartitionQueue, RecordBuffer } from '../../../dist/runtime/record-buffer.js'
import { RecordDecoder } from '../../../dist/runtime/record-decoder.js'
import { aBatch, fetched, type RecordSpec } from '../../support/fetched.js'

interface QueueSpec {
  readonly offset?: number
  readonly end?: number
  readonly onFailure?: 'fail' | 'logAndContinue'
  readonly source?: Partial<SourceNode>
  readonly skipped?: string[]
}

function aQueue(
  partition: number,
  { offset = 0, end = 0, onFailure = 'fail', source = {}, skipped = [] }: QueueSpec = {}
) {
  const node: SourceNode = {
    kind: 'source',
    name: 'SOURCE',
    topics: ['t'],
    predecessors: [],
    successors: [],
    key: serdes.string(),
    value: serdes.string(),
    offsetReset: 'earliest',
    ...source
  }
  const decoder = new RecordDecoder(
    { source: node, deserializationExceptionHandler: onFailure },
    { logger: silentLogger, counter: { skipped: (_, reason) => skipped.push(reason) } }
  )
  return new PartitionQueue({ topic: 't', partition }, { offset, end, partitionTime: -1 }, decoder)
}

const aBuffer = (queues: PartitionQueue[], maxTaskIdleMs = 0) => new RecordBuffer(queues, { maxTaskIdleMs })

/** Takes all that can be taken; values in order. */
function drain(buffer: RecordBuffer, now: () => number = () => 0): unknown[] {
  const values: unknown[] = []
  for (let queue = buffer.choose(now); queue !== undefined; queue = buffer.choose(now)) {
    values.push(queue.head.value)
    queue.next()
  }
  return values
}

const batchOf = (partition: number, offset: number, ...records: RecordSpec[]) =>
  fetched('t', partition, aBatch(offset, ...records))

describe('RecordBuffer', () => {
  it('gives the records of one partition in the order of their offsets, whatever their times', () => {
    const queue = aQueue(0)
    queue.add(batchOf(0, 0, { value: 'a', timestamp: 9 }, { value: 'b', timestamp: 1 }))
    queue.add(batchOf(0, 2, { value: 'c', timestamp: 5 }))
    expect(drain(aBuffer([queue]))).to.deep.equal(['a', 'b', 'c'])
    expect(queue.position).to.equal(3)
    expect(queue.partitionTime).to.equal(9)
  })

  it('takes the oldest head of several partitions', () => {
    const [left, right] = [aQueue(0), aQueue(1)]
    left.add(batchOf(0, 0, { value: 'l1', timestamp: 1 }, { value: 'l5', timestamp: 5 }))
    right.add(batchOf(1, 0, { value: 'r2', timestamp: 2 }, { value: 'r3', timestamp: 3 }))
    expect(drain(aBuffer([left, right]))).to.deep.equal(['l1', 'r2', 'r3', 'l5'])
  })

  it('merges by time without losing a record or the order within a partition', () => {
    const records = fc.array(fc.record({ partition: fc.integer({ min: 0, max: 2 }), timestamp: fc.nat(20) }), {
      maxLength: 40
    })
    fc.assert(
      fc.property(records, specs => {
        const queues = [aQueue(0), aQueue(1), aQueue(2)]
        for (const [i, queue] of queues.entries()) {
          const own = specs
            .filter(({ partition }) => partition === i)
            .map(({ timestamp }, n) => ({ value: `${i}:${n}`, timestamp }))
          if (own.length > 0) queue.add(batchOf(i, 0, ...own))
        }
        const taken = drain(aBuffer(queues)).map(value => String(value).split(':').map(Number) as [number, number])
        expect(taken).to.have.length(specs.length)
        for (const i of [0, 1, 2]) {
          const order = taken.filter(([partition]) => partition === i).map(([, n]) => n)
          expect(order).to.deep.equal(order.toSorted((a, b) => a - b))
        }
      })
    )
  })

  it('waits for a partition whose records are known to be on their way', () => {
    const [left, right] = [aQueue(0), aQueue(1, { end: 1 })]
    left.add(batchOf(0, 0, { value: 'l', timestamp: 5 }))
    const buffer = aBuffer([left, right])
    expect(buffer.choose(() => 0)).to.equal(undefined)
    right.add(batchOf(1, 0, { value: 'r', timestamp: 1 }))
    expect(drain(buffer)).to.deep.equal(['r', 'l'])
  })

  it('waits maxTaskIdleMs for a partition that has nothing', () => {
    const [left, right] = [aQueue(0), aQueue(1)]
    left.add(batchOf(0, 0, { value: 'l' }))
    const buffer = aBuffer([left, right], 100)
    let now = 1000
    expect(buffer.choose(() => now)).to.equal(undefined)
    now = 1099
    expect(buffer.choose(() => now)).to.equal(undefined)
    now = 1100
    expect(drain(buffer, () => now)).to.deep.equal(['l'])
  })

  it('begins at the position when the batch begins before it', () => {
    const queue = aQueue(0, { offset: 2 })
    queue.add(batchOf(0, 0, { value: 'a' }, { value: 'b' }, { value: 'c' }))
    expect(drain(aBuffer([queue]))).to.deep.equal(['c'])
  })

  it('moves the position past offsets without records', () => {
    const queue = aQueue(0)
    queue.add({ ...batchOf(0, 0, { value: 'a' }), nextOffset: 7 })
    drain(aBuffer([queue]))
    expect(queue.position).to.equal(7)
    expect(queue.bufferedBytes).to.equal(0)
  })

  it('does not move the position past a record that was not processed', () => {
    const queue = aQueue(0)
    queue.add(batchOf(0, 0, { value: 'a' }, { value: 'b' }))
    expect(queue.position).to.equal(0)
    queue.next()
    expect(queue.position).to.equal(1)
  })

  it('drops what is buffered when it is reset', () => {
    const queue = aQueue(0)
    queue.add(batchOf(0, 0, { value: 'a' }, { value: 'b' }))
    queue.reset(10)
    expect(queue.hasHead).to.equal(false)
    expect(queue.position).to.equal(10)
    queue.add(batchOf(0, 10, { value: 'c' }))
    expect(drain(aBuffer([queue]))).to.deep.equal(['c'])
  })
})

describe('RecordDecoder', () => {
  const notInt64 = { value: Buffer.from('abc') }

  it('fails on bytes that do not decode, naming topic, partition, offset and serde', () => {
    const queue = aQueue(3, { source: { value: serdes.int64() } })
    try {
      queue.add(batchOf(3, 0, notInt64))
      expect.fail('the bytes were accepted')
    } catch (error) {
      expect(error).to.be.instanceOf(MillraceError)
      const { code, details, message } = error as MillraceError
      expect(code).to.equal('DESERIALIZATION_FAILED')
      expect(details).to.deep.include({ topic: 't', partition: 3, offset: 0, part: 'value' })
      expect(message).to.contain('t-3 offset 0').and.to.contain('logAndContinue')
    }
  })

  it('leaves such records out and counts them when told to go on', () => {
    const skipped: string[] = []
    const queue = aQueue(0, { onFailure: 'logAndContinue', source: { value: serdes.int64() }, skipped })
    queue.add(batchOf(0, 0, notInt64, { value: Buffer.from([0, 0, 0, 0, 0, 0, 0, 5]) }, notInt64))
    expect(drain(aBuffer([queue]))).to.deep.equal([5])
    expect(skipped).to.have.length(2)
    expect(queue.position).to.equal(3)
  })

  it('gives null for a null key and a tombstone without asking the serde', () => {
    const queue = aQueue(0, { source: { value: serdes.int64() } })
    queue.add(batchOf(0, 0, { key: null, value: null }))
    expect(queue.head).to.deep.include({ key: null, value: null })
  })

  it('takes the time from the extractor, and leaves a record with a negative one out', () => {
    const skipped: string[] = []
    const timestampExtractor = (value: unknown) => (value === 'old' ? -1 : 77)
    const queue = aQueue(0, { source: { timestampExtractor }, skipped })
    queue.add(batchOf(0, 0, { value: 'old', timestamp: 5 }, { value: 'new', timestamp: 5 }))
    expect(queue.head).to.deep.include({ value: 'new', timestamp: 77 })
    expect(skipped).to.deep.equal(['negative timestamp'])
  })

  it('fails on a record without a time when there is no extractor', () => {
    expect(() => aQueue(0).add(batchOf(0, 0, { value: 'a', timestamp: -1 })))
      .to.throw()
      .with.property('code', 'TIMESTAMP_INVALID')
  })
})
