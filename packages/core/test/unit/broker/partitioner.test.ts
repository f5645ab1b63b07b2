import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { murmur2, partitionForKey } from '../../../dist/broker/partitioner.js'

const FIXTURES = new URL('../../../test/fixtures/murmur2.json', import.meta.url)

function javaHashes(): [hex: string, hash: number][] {
  return JSON.parse(readFileSync(FIXTURES, 'utf8'))
}

describe('murmur2', () => {
  it('gives the hashes of the Java client', () => {
    const hashes = javaHashes()
    expect(hashes).to.have.length.above(300)
    for (const [hex, hash] of hashes) {
      const key = Buffer.from(hex, 'hex')
      expect(murmur2(key, 0, key.length), hex).to.equal(hash)
    }
  })

  it('hashes a range in the middle of a buffer', () => {
    for (const [hex, hash] of javaHashes()) {
      const key = Buffer.from(hex, 'hex')
      const bytes = Buffer.concat([Buffer.from('before'), key, Buffer.from('after')])
      expect(murmur2(bytes, 6, 6 + key.length), hex).to.equal(hash)
    }
  })
})

describe('partitionForKey', () => {
  it('drops the sign bit and takes the rest modulo the partitions, as the Java client does', () => {
    for (const [hex, hash] of javaHashes()) {
      const key = Buffer.from(hex, 'hex')
      for (const count of [1, 3, 12, 1000]) {
        const expected = Number((BigInt(hash) & 0x7fffffffn) % BigInt(count))
        expect(partitionForKey(key, 0, key.length, count), hex).to.equal(expected)
      }
    }
  })
})
