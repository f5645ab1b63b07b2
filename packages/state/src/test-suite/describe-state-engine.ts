/** The contract of a storage engine, tried on an implementation. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { StateEngine } from '../engine.js'
import { describeBatches } from './batch-contract.js'
import { EngineBench, expectCode, scan, write } from './engine-bench.js'
import { describeRanges } from './range-contract.js'

/** Describes as mocha tests what `StateEngine` and `StateDatabase` promise. Databases are made in a temporary directory. */
export function describeStateEngine(name: string, modules: { readonly engine: StateEngine }): void {
  describe(`state engine contract: ${name}`, function () {
    this.timeout(20_000)
    const bench = new EngineBench(modules.engine)
    this.beforeAll(() => bench.start())
    this.afterEach(() => bench.endTest())
    this.afterAll(() => bench.end())

    describeOpening(bench)
    describeBatches(bench)
    describeRanges(bench)
    describeClosing(bench)
  })
}

const EVERYTHING = { gte: Buffer.of(0), lt: Buffer.of(0xff) }

function describeOpening(bench: EngineBench): void {
  describe('opening', () => {
    it('makes an empty database where there is none', async () => {
      const database = await bench.open()
      expect(database.get(Buffer.from('a'))).to.equal(undefined)
      expect(await scan(database, EVERYTHING)).to.deep.equal([])
    })

    it('finds what was written before it was closed', async () => {
      const directory = bench.newDirectory()
      const first = await bench.open(directory)
      await write(first, { a: '1', b: '2' })
      await first.close()
      const second = await bench.open(directory)
      expect(await scan(second, EVERYTHING)).to.deep.equal(['a=1', 'b=2'])
    })

    it('rejects with STATE_LOCKED, naming directory and process, while somebody has it open', async () => {
      const directory = bench.newDirectory()
      const database = await bench.open(directory)
      const error = await expectCode('STATE_LOCKED', () => bench.engine.open(directory))
      expect(error.message).to.contain(directory).and.to.contain(String(process.pid))
      expect(error.details).to.include({ directory, pid: process.pid })
      await write(database, { a: '1' })
      await database.close()
      expect((await bench.open(directory)).get(Buffer.from('a'))?.toString()).to.equal('1')
    })

    it('lets one of several that open at once have it', async () => {
      const directory = bench.newDirectory()
      const results = await Promise.allSettled([1, 2, 3].map(() => bench.open(directory)))
      expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).to.have.property('code', 'STATE_LOCKED')
      }
    })

    it('keeps directories apart', async () => {
      const [one, other] = [await bench.open(), await bench.open()]
      await write(one, { a: '1' })
      expect(other.get(Buffer.from('a'))).to.equal(undefined)
    })
  })
}

function describeClosing(bench: EngineBench): void {
  describe('closing', () => {
    it('may be asked for twice, also at once', async () => {
      const database = await bench.open()
      await Promise.all([database.close(), database.close()])
      await database.close()
    })

    it('waits for a write under way', async () => {
      const directory = bench.newDirectory()
      const database = await bench.open(directory)
      const batch = database.batch()
      for (let i = 0; i < 10_000; i++) batch.put(Buffer.from(`key ${i}`), Buffer.alloc(100))
      const written = batch.write({ sync: false })
      await database.close()
      await written
      expect((await bench.open(directory)).get(Buffer.from('key 9999'))).to.deep.equal(Buffer.alloc(100))
    })

    for (const moment of ['closing', 'closed'] as const) {
      it(`fails every other call with STATE_CLOSED once it is ${moment}`, async () => {
        const database = await bench.open()
        await write(database, { a: '1', b: '2' })
        const batch = database.batch()
        batch.put(Buffer.from('c'), Buffer.from('3'))
        const entries = database.iterate(EVERYTHING)
        await entries.next()
        const closing = database.close()
        if (moment === 'closed') await closing
        await expectCode('STATE_CLOSED', () => database.get(Buffer.from('a')))
        await expectCode('STATE_CLOSED', () => database.batch())
        await expectCode('STATE_CLOSED', () => database.iterate(EVERYTHING))
        await expectCode('STATE_CLOSED', () => entries.next())
        await expectCode('STATE_CLOSED', () => database.clear(EVERYTHING))
        await expectCode('STATE_CLOSED', () => database.sync())
        await expectCode('STATE_CLOSED', () => batch.put(Buffer.from('d'), Buffer.from('4')))
        await expectCode('STATE_CLOSED', () => batch.delete(Buffer.from('d')))
        await expectCode('STATE_CLOSED', () => batch.write({ sync: false }))
        await closing
      })
    }
  })
}
