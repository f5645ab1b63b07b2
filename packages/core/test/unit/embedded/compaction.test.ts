/** Compaction against a model: the newest record of every key, where it always was. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Compactor } from '../../../dist/embedded/compactor.js'
import { silentLogger } from '../../../dist/logger.js'
import { ManualClock } from '../../support/manual-clock.js'
import { batch, folderStorage, memoryStorage, openLog, readAll, temporaryFolder, type FoundRecord } from './support.js'

const NOW = 1_000_000
const CONFIG = {
  'cleanup.policy': 'compact',
  'segment.bytes': '300',
  'min.cleanable.dirty.ratio': '0',
  'delete.retention.ms': '1000'
}

async function compactAll(log: ReturnType<typeof openLog>, maxKeys = 1000): Promise<void> {
  const compactor = new Compactor({ maxKeys }, { clock: new ManualClock(NOW), logger: silentLogger })
  compactor.schedule(log)
  await compactor.idle()
  await compactor.close()
}

/** What may be left: in closed segments the newest of each key, but no tombstone past its time; the rest as it is. */
function expected(all: readonly FoundRecord[], activeFrom: number): FoundRecord[] {
  const newest = new Map<string, number>()
  for (const { key, offset } of all) if (offset < activeFrom) newest.set(key, offset)
  return all.filter(
    ({ key, value, offset, timestamp }) =>
      offset >= activeFrom || (newest.get(key) === offset && !(value === null && timestamp! < NOW - 1000))
  )
}

const record = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  value: fc.option(fc.string({ maxLength: 20 }), { freq: 4 }),
  timestamp: fc.constantFrom(NOW - 5000, NOW - 500)
})
const batches = fc.array(fc.array(record, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 40 })

describe('compaction', function () {
  this.timeout(20_000)

  it('keeps the newest record of each key at its offset, and tombstones for their time', () =>
    fc.assert(
      fc.asyncProperty(
        batches,
        fc.constantFrom('none', 'gzip'),
        fc.boolean(),
        fc.constantFrom(1, 3, 1000),
        async (written, compression, inFiles, maxKeys) => {
          const folder = temporaryFolder()
          const storage = inFiles ? folderStorage(folder.path) : memoryStorage()
          const log = openLog(storage, { config: CONFIG })
          for (const records of written) log.append(batch(records, compression))
          const all = readAll(log)
          await compactAll(log, maxKeys)
          const wanted = expected(all, log.activeBaseOffset)
          expect(readAll(log)).to.deep.equal(wanted)
          expect(log.endOffset).to.equal(all.length)
          for (const segment of log.closedSegments) expect(segment.compacted).to.equal(true)
          if (inFiles) {
            await log.flush()
            log.close()
            const again = openLog(folderStorage(folder.path), { config: CONFIG })
            expect(readAll(again)).to.deep.equal(wanted)
            expect(again.endOffset).to.equal(all.length)
            again.close()
          }
          folder.remove()
        }
      ),
      { numRuns: 60 }
    ))

  it('of a log that was compacted before gives what compacting once gives', () =>
    fc.assert(
      fc.asyncProperty(batches, batches, async (first, second) => {
        const log = openLog(memoryStorage(), { config: CONFIG })
        const all: FoundRecord[] = []
        for (const part of [first, second]) {
          for (const records of part) {
            const { baseOffset } = log.append(batch(records))
            for (const [i, each] of records.entries()) all.push({ ...each, offset: baseOffset + i })
          }
          await compactAll(log)
        }
        expect(readAll(log)).to.deep.equal(expected(all, log.activeBaseOffset))
      }),
      { numRuns: 40 }
    ))

  it('takes effect when a segment is closed, and lets the event loop run meanwhile', async () => {
    const log = openLog(memoryStorage(), { config: { ...CONFIG, 'segment.bytes': '100000' } })
    const compactor = new Compactor({}, { clock: new ManualClock(NOW), logger: silentLogger })
    log.onRoll = () => compactor.schedule(log)
    let longest = 0
    let last = performance.now()
    let running = true
    const watch = (): void => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
      if (running) setImmediate(watch)
    }
    for (let i = 0; i < 3000; i++) log.append(batch([{ key: `k${i % 10}`, value: 'x'.repeat(50), timestamp: NOW }]))
    last = performance.now()
    watch()
    await compactor.idle()
    running = false
    const sizes = log.closedSegments.map(segment => segment.size)
    expect(Math.max(...sizes)).to.be.below(5000)
    expect(longest).to.be.below(1000)
  })

  it('waits until enough is new', async () => {
    const config = { ...CONFIG, 'min.cleanable.dirty.ratio': '0.5', 'segment.bytes': '1000' }
    const log = openLog(memoryStorage(), { config })
    const compactor = new Compactor({}, { clock: new ManualClock(NOW), logger: silentLogger })
    const append = (key: string): void => void log.append(batch([{ key, value: 'x'.repeat(100), timestamp: NOW }]))
    for (let i = 0; i < 40; i++) append(`unique ${i}`)
    compactor.schedule(log)
    await compactor.idle()
    const before = log.closedSegments.length
    while (log.closedSegments.length < before + 1) append('again')
    compactor.schedule(log)
    await compactor.idle()
    expect(log.closedSegments.at(-1)!.compacted, 'one dirty segment beside many clean ones').to.equal(false)
    while (log.closedSegments.length < before * 2 + 1) append('again')
    compactor.schedule(log)
    await compactor.idle()
    expect(log.closedSegments.at(-1)!.compacted).to.equal(true)
    await compactor.close()
  })

  it('can be stopped at any time without harm', async () => {
    const log = openLog(memoryStorage(), { config: CONFIG })
    for (let i = 0; i < 200; i++) log.append(batch([{ key: `k${i % 3}`, value: `${i}`, timestamp: NOW }]))
    const compactor = new Compactor({}, { clock: new ManualClock(NOW), logger: silentLogger })
    compactor.schedule(log)
    await compactor.close()
    const newest = new Map(readAll(log).map(each => [each.key, each.value]))
    expect(newest).to.deep.equal(
      new Map([
        ['k0', '198'],
        ['k1', '199'],
        ['k2', '197']
      ])
    )
  })
})
