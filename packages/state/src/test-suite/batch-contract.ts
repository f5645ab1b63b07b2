/** Contract of batches: all or nothing, in the order given, with buffers that may be reused. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { bytes, type EngineBench, expectCode, write } from './engine-bench.js'

export function describeBatches(bench: EngineBench): void {
  describe('batches', () => {
    for (const sync of [false, true]) {
      it(`show nothing before they are written and everything after (sync: ${sync})`, async () => {
        const database = await bench.open()
        await write(database, { gone: 'x' })
        const batch = database.batch()
        batch.put(bytes('a'), bytes('1'))
        batch.put(bytes('empty'), Buffer.alloc(0))
        batch.delete(bytes('gone'))
        expect(batch.operationCount).to.equal(3)
        expect(database.get(bytes('a'))).to.equal(undefined)
        expect(database.get(bytes('gone'))).to.deep.equal(bytes('x'))
        await batch.write({ sync })
        expect(database.get(bytes('a'))).to.deep.equal(bytes('1'))
        expect(database.get(bytes('empty'))).to.deep.equal(Buffer.alloc(0))
        expect(database.get(bytes('gone'))).to.equal(undefined)
      })
    }

    it('let the later of two writes of one key count', async () => {
      const database = await bench.open()
      const batch = database.batch()
      batch.put(bytes('a'), bytes('1'))
      batch.put(bytes('a'), bytes('2'))
      batch.put(bytes('b'), bytes('1'))
      batch.delete(bytes('b'))
      batch.delete(bytes('c'))
      batch.put(bytes('c'), bytes('3'))
      await batch.write({ sync: false })
      expect(['a', 'b', 'c'].map(key => database.get(bytes(key))?.toString())).to.deep.equal(['2', undefined, '3'])
    })

    it('keep their own copy of keys and values', async () => {
      const database = await bench.open()
      const batch = database.batch()
      const [key, value] = [bytes('a'), bytes('1')]
      batch.put(key, value)
      key[0] = value[0] = 0x7a
      await batch.write({ sync: false })
      expect(database.get(bytes('a'))).to.deep.equal(bytes('1'))
      expect(database.get(bytes('z'))).to.equal(undefined)
    })

    it('are not changed by whoever changes what a read gave', async () => {
      const database = await bench.open()
      await write(database, { a: '1' })
      database.get(bytes('a'))!.fill(0x7a)
      for await (const [, value] of database.iterate({ gte: bytes('a'), lt: bytes('b') })) value.fill(0x7a)
      expect(database.get(bytes('a'))).to.deep.equal(bytes('1'))
    })

    it('end when they are written', async () => {
      const database = await bench.open()
      const batch = database.batch()
      batch.put(bytes('a'), bytes('1'))
      await batch.write({ sync: false })
      await expectCode('STATE_BATCH_ENDED', () => batch.put(bytes('b'), bytes('2')))
      await expectCode('STATE_BATCH_ENDED', () => batch.delete(bytes('a')))
      await expectCode('STATE_BATCH_ENDED', () => batch.write({ sync: false }))
      await batch.discard()
      expect(database.get(bytes('a'))).to.deep.equal(bytes('1'))
      expect(database.get(bytes('b'))).to.equal(undefined)
    })

    it('write nothing when they are discarded', async () => {
      const database = await bench.open()
      const batch = database.batch()
      batch.put(bytes('a'), bytes('1'))
      await batch.discard()
      await batch.discard()
      await expectCode('STATE_BATCH_ENDED', () => batch.put(bytes('b'), bytes('2')))
      await expectCode('STATE_BATCH_ENDED', () => batch.write({ sync: false }))
      expect(database.get(bytes('a'))).to.equal(undefined)
    })

    it('stay as they are when the database is synced', async () => {
      const database = await bench.open()
      await write(database, { a: '1' })
      await database.sync()
      expect(database.get(bytes('a'))).to.deep.equal(bytes('1'))
    })
  })
}
