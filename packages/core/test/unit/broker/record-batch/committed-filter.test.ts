import { expect } from 'chai'
import fc from 'fast-check'
import {
  committedBatches,
  type RecordBatch,
  RecordBatchWriter,
  readRecordBatches
} from '../../../../dist/broker/record-batch/index.js'
import { append, javaBatch, rewrite } from './batches.js'

/** A log of one partition with interleaved transactions, and what each transaction came to. */
class TransactionLog {
  readonly batches: Buffer[] = []
  readonly aborted: { producerId: bigint; firstOffset: number; markerOffset: number }[] = []
  /** Base offsets of the batches a read_committed reader must see. */
  readonly committed: number[] = []
  readonly #open = new Map<bigint, number[]>()
  #end = 0

  data(producerId: bigint, records: number, transactional = true, key = Buffer.from('k')): void {
    const writer = new RecordBatchWriter()
    for (let i = 0; i < records; i++) append(writer, { timestamp: 1, key, value: null })
    const offset = this.#add(writer.finish({ producerId, producerEpoch: 0, baseSequence: 0, transactional }), records)
    if (!transactional) this.committed.push(offset)
    else if (this.#open.has(producerId)) this.#open.get(producerId)!.push(offset)
    else this.#open.set(producerId, [offset])
  }

  end(producerId: bigint, how: 'commit' | 'abort'): void {
    const offsets = this.#open.get(producerId) ?? []
    this.#open.delete(producerId)
    const marker = rewrite(javaBatch(`control ${how}`).bytes, batch => void batch.writeBigInt64BE(producerId, 43))
    const markerOffset = this.#add(marker, 1)
    if (how === 'commit') this.committed.push(...offsets)
    else if (offsets.length > 0) this.aborted.push({ producerId, firstOffset: offsets[0]!, markerOffset })
  }

  endAll(): void {
    for (const producerId of [...this.#open.keys()]) this.end(producerId, 'abort')
  }

  #add(batch: Buffer, records: number): number {
    const offset = this.#end
    this.batches.push(rewrite(batch, bytes => void bytes.writeBigInt64BE(BigInt(offset), 0)))
    this.#end += records
    return offset
  }
}

function read(log: TransactionLog): RecordBatch[] {
  return readRecordBatches(Buffer.concat(log.batches))
}

function baseOffsets(batches: readonly RecordBatch[]): number[] {
  return batches.map(batch => batch.baseOffset)
}

describe('committedBatches', () => {
  it('drops aborted transactions and markers, and nothing else', () => {
    const log = new TransactionLog()
    log.data(1n, 2)
    log.data(2n, 1)
    log.data(-1n, 3, false)
    log.end(1n, 'abort')
    log.data(1n, 1)
    log.end(2n, 'commit')
    log.end(1n, 'commit')
    expect(baseOffsets(committedBatches(read(log), log.aborted))).to.deep.equal([2, 3, 7])
  })

  it('keeps dropping after a data record whose key looks like an abort marker', () => {
    const log = new TransactionLog()
    log.data(1n, 1)
    log.data(1n, 1, true, Buffer.from([0, 0, 0, 0]))
    log.data(1n, 1)
    log.end(1n, 'abort')
    expect(committedBatches(read(log), log.aborted)).to.deep.equal([])
  })

  it('takes the aborted list in any order', () => {
    const log = new TransactionLog()
    for (const producerId of [1n, 2n, 3n]) log.data(producerId, 1)
    for (const producerId of [2n, 3n, 1n]) log.end(producerId, 'abort')
    log.data(2n, 1)
    log.end(2n, 'commit')
    for (const aborted of [log.aborted, [...log.aborted].reverse()]) {
      expect(baseOffsets(committedBatches(read(log), aborted))).to.deep.equal([6])
    }
  })

  it('leaves the list it was given as it was', () => {
    const aborted = Object.freeze([
      { producerId: 2n, firstOffset: 9 },
      { producerId: 1n, firstOffset: 0 }
    ])
    expect(committedBatches([], aborted)).to.deep.equal([])
  })

  it('does not confuse producers whose ids differ beyond 53 bits', () => {
    const log = new TransactionLog()
    log.data(2n ** 60n, 1)
    log.data(2n ** 60n + 1n, 1)
    log.end(2n ** 60n, 'abort')
    log.end(2n ** 60n + 1n, 'commit')
    expect(baseOffsets(committedBatches(read(log), log.aborted))).to.deep.equal([1])
  })

  it('shows exactly the committed batches of any interleaving, from wherever the fetch begins', () => {
    const producer = fc.bigInt(1n, 4n)
    const records = fc.integer({ min: 1, max: 3 })
    const data = fc.record({ do: fc.constant('data' as const), producer, records })
    const end = fc.record({ do: fc.constantFrom('commit' as const, 'abort' as const), producer })
    const plain = fc.record({ do: fc.constant('plain' as const), producer })
    const step = fc.oneof(
      { weight: 4, arbitrary: data },
      { weight: 2, arbitrary: end },
      { weight: 1, arbitrary: plain }
    )
    const steps = fc.array(step, { maxLength: 40 })
    fc.assert(
      fc.property(steps, fc.nat(), fc.nat(), fc.infiniteStream(fc.nat()), (chosen, from, to, order) => {
        const log = new TransactionLog()
        for (const each of chosen) {
          if (each.do === 'data') log.data(each.producer, each.records)
          else if (each.do === 'plain') log.data(each.producer, 1, false)
          else log.end(each.producer, each.do)
        }
        log.endAll()
        const all = read(log)
        const first = from % (all.length + 1)
        const fetched = all.slice(first, first + (to % (all.length - first + 1)))
        const start = fetched[0]?.baseOffset ?? 0
        const last = fetched.at(-1)?.lastOffset ?? -1
        // What a broker lists: the aborted transactions that reach into what was fetched.
        const aborted = log.aborted
          .filter(each => each.firstOffset <= last && each.markerOffset >= start)
          .map(({ producerId, firstOffset }) => ({ producerId, firstOffset, place: order.next().value }))
          .sort((a, b) => a.place - b.place)
        const expected = log.committed.filter(offset => offset >= start && offset <= last).sort((a, b) => a - b)
        expect(baseOffsets(committedBatches(fetched, aborted))).to.deep.equal(expected)
      }),
      { numRuns: 400 }
    )
  })
})
