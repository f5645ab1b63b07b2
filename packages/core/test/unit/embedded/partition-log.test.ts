/** One partition's log against the list of records it should hold. */
import { expect } from 'chai'
import fc from 'fast-check'
import { readdirSync } from 'node:fs'
import { ManualClock } from '../../support/manual-clock.js'
import { batch, decode, folderStorage, memoryStorage, openLog, readAll, temporaryFolder } from './support.js'

const values = (log: ReturnType<typeof openLog>): (string | null)[] => readAll(log).map(({ value }) => value)

describe('partition log', () => {
  it('gives every record back from every offset, in memory, cached, and from files', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 5 }), {
          minLength: 1,
          maxLength: 30
        }),
        fc.constantFrom('memory', 'cached', 'uncached'),
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 400 }),
        (batches, place, segmentBytes, maxBytes) => {
          const folder = temporaryFolder()
          const storage =
            place === 'memory' ? memoryStorage() : folderStorage(folder.path, place === 'cached' ? 1 << 20 : 0)
          const log = openLog(storage, { config: { 'segment.bytes': String(Math.max(14, segmentBytes)) } })
          const expected = batches.flat()
          for (const texts of batches) log.append(batch(texts.map(value => ({ key: 'k', value }))))
          expect(log.endOffset).to.equal(expected.length)
          for (let offset = 0; offset < expected.length; offset++) {
            const found = decode(log.read(offset, maxBytes, true)).filter(record => record.offset >= offset)
            expect(found.length).to.be.above(0)
            for (const record of found) expect(record.value).to.equal(expected[record.offset])
            expect(found[0]!.offset).to.equal(offset)
          }
          expect(values(log)).to.deep.equal(expected)
          log.close()
          folder.remove()
        }
      ),
      { numRuns: 40 }
    )
  })

  it('gives nothing beyond maxBytes unless one batch must be', () => {
    const log = openLog(memoryStorage())
    log.append(batch([{ key: 'k', value: 'x'.repeat(500) }]))
    expect(log.read(0, 100, false).length).to.equal(0)
    expect(decode(log.read(0, 100, true))).to.have.length(1)
  })

  it('finds offsets in a segment of many index entries', () => {
    const folder = temporaryFolder()
    const log = openLog(folderStorage(folder.path, 0))
    for (let i = 0; i < 300; i++) log.append(batch([{ key: 'k', value: `${i}`.padEnd(2000, '.') }]))
    for (const offset of [0, 1, 31, 32, 33, 150, 298, 299]) {
      expect(decode(log.read(offset, 1, true))[0]!.offset).to.equal(offset)
    }
    log.close()
    folder.remove()
  })

  describe('deleting records', () => {
    it('frees the segments before the offset', () => {
      const folder = temporaryFolder()
      const log = openLog(folderStorage(folder.path), { config: { 'segment.bytes': '200' } })
      for (let i = 0; i < 20; i++) log.append(batch([{ key: 'k', value: `v${i}` }]))
      const before = readdirSync(folder.path).filter(name => name.endsWith('.log')).length
      log.deleteBefore(15)
      expect(readdirSync(folder.path).filter(name => name.endsWith('.log')).length).to.be.below(before - 4)
      expect(values(log)).to.deep.equal(['v15', 'v16', 'v17', 'v18', 'v19'])
      log.close()
      folder.remove()
    })

    it('of everything leaves the next offset as it is, also after opening again', () => {
      const folder = temporaryFolder()
      const log = openLog(folderStorage(folder.path))
      for (let i = 0; i < 3; i++) log.append(batch([{ key: 'k', value: 'v' }]))
      log.deleteBefore(3)
      log.close()
      const again = openLog(folderStorage(folder.path), { startOffset: 3 })
      expect([again.startOffset, again.endOffset]).to.deep.equal([3, 3])
      again.close()
      folder.remove()
    })
  })

  describe('retention', () => {
    it('drops segments whose newest record is older than retention.ms', async () => {
      const clock = new ManualClock(100_000)
      const log = openLog(memoryStorage(), { clock, config: { 'retention.ms': '10000', 'segment.bytes': '14' } })
      for (const timestamp of [95_000, 98_000, 100_000])
        log.append(batch([{ key: 'k', value: `${timestamp}`, timestamp }]))
      expect(values(log)).to.deep.equal(['95000', '98000', '100000'])
      await clock.advance(6000)
      log.expire()
      expect(values(log)).to.deep.equal(['98000', '100000'])
      expect(log.startOffset).to.equal(1)
      await clock.advance(20_000)
      log.expire()
      expect([log.startOffset, log.endOffset]).to.deep.equal([3, 3])
    })

    it('drops the oldest segments beyond retention.bytes', async () => {
      const clock = new ManualClock()
      const size = batch([{ key: 'k', value: 'v0' }]).length
      const config = { 'retention.bytes': String(size * 2), 'segment.bytes': '14' }
      const log = openLog(memoryStorage(), { clock, config })
      for (let i = 0; i < 5; i++) log.append(batch([{ key: 'k', value: `v${i}` }]))
      await clock.advance(2000)
      log.expire()
      expect(values(log)).to.deep.equal(['v3', 'v4'])
    })

    it('keeps everything unless asked', async () => {
      const clock = new ManualClock(1e12)
      const log = openLog(memoryStorage(), { clock, config: { 'segment.bytes': '14' } })
      for (let i = 0; i < 3; i++) log.append(batch([{ key: 'k', value: `v${i}`, timestamp: 1 }]))
      await clock.advance(1e9)
      log.expire()
      expect(values(log)).to.have.length(3)
    })
  })
})
