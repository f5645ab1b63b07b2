/** Contract of ranges: the order of unsigned bytes, both ways, as of the call. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { bytes, collect, type EngineBench, scan, write } from './engine-bench.js'

const IN_ORDER = [
  '\x01',
  '\x01\x00',
  '\x01\x00\xff',
  '\x01\x01',
  'A',
  'a',
  'a\x00',
  'aa',
  'b',
  '\x7f',
  '\x80',
  '\xfe\xff'
]
const EVERYTHING = { gte: bytes('\x00'), lt: bytes('\xff') }
/** More than an engine is likely to read at once. */
const MANY = 5000

export function describeRanges(bench: EngineBench): void {
  describe('ranges', () => {
    it('are in the order of unsigned bytes', async () => {
      const database = await bench.open()
      await write(database, Object.fromEntries([...IN_ORDER].reverse().map(key => [key, '.'])))
      expect(await scan(database, EVERYTHING)).to.deep.equal(IN_ORDER.map(key => `${key}=.`))
      expect(await scan(database, { ...EVERYTHING, reverse: true })).to.deep.equal(
        IN_ORDER.toReversed().map(key => `${key}=.`)
      )
    })

    it('begin with gte and end before lt', async () => {
      const database = await bench.open()
      await write(database, { a: '1', b: '2', c: '3', d: '4' })
      const range = { gte: bytes('b'), lt: bytes('d') }
      expect(await scan(database, range)).to.deep.equal(['b=2', 'c=3'])
      expect(await scan(database, { ...range, reverse: true })).to.deep.equal(['c=3', 'b=2'])
      expect(await scan(database, { gte: bytes('aa'), lt: bytes('bb') })).to.deep.equal(['b=2'])
    })

    it('are empty when their bounds meet or cross', async () => {
      const database = await bench.open()
      await write(database, { a: '1', b: '2' })
      for (const reverse of [false, true]) {
        expect(await scan(database, { gte: bytes('a'), lt: bytes('a'), reverse })).to.deep.equal([])
        expect(await scan(database, { gte: bytes('b'), lt: bytes('a'), reverse })).to.deep.equal([])
      }
    })

    it('show the database as of the call, not of the first step', async () => {
      const database = await bench.open()
      await write(database, { a: '1', b: '2', c: '3' })
      const entries = database.iterate(EVERYTHING)
      await write(database, { a: 'new', b: null, bb: 'new' })
      expect(await collect(entries)).to.deep.equal(['a=1', 'b=2', 'c=3'])
      expect(await scan(database, EVERYTHING)).to.deep.equal(['a=new', 'bb=new', 'c=3'])
    })

    it('may be long', async () => {
      const database = await bench.open()
      const keys = Array.from({ length: MANY }, (_, i) => String(i).padStart(6, '0'))
      await write(database, Object.fromEntries(keys.map(key => [`k${key}`, key])))
      expect(await scan(database, EVERYTHING)).to.deep.equal(keys.map(key => `k${key}=${key}`))
      expect(await scan(database, { ...EVERYTHING, reverse: true })).to.deep.equal(
        keys.toReversed().map(key => `k${key}=${key}`)
      )
    })

    it('may be left early, and before the first step', async () => {
      const directory = bench.newDirectory()
      const database = await bench.open(directory)
      await write(database, { a: '1', b: '2' })
      const seen: string[] = []
      for await (const [key] of database.iterate(EVERYTHING)) {
        seen.push(key.toString())
        break
      }
      expect(seen).to.deep.equal(['a'])
      const unread = database.iterate(EVERYTHING)
      await unread.return?.()
      expect(await unread.next()).to.deep.equal({ done: true, value: undefined })
      await database.close()
      await bench.open(directory)
    })

    it('are cleared without their neighbours', async () => {
      const database = await bench.open()
      await write(database, { a: '1', b: '2', 'b\x00': '3', c: '4', d: '5' })
      await database.clear({ gte: bytes('b'), lt: bytes('d') })
      expect(await scan(database, EVERYTHING)).to.deep.equal(['a=1', 'd=5'])
      expect(database.get(bytes('b'))).to.equal(undefined)
      await write(database, { b: 'again' })
      expect(database.get(bytes('b'))).to.deep.equal(bytes('again'))
    })
  })
}
