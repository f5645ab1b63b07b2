/** What a word is. */
import fc from 'fast-check'
import { expect } from 'chai'
import { words } from '../../dist/topology.js'

const byDefinition = (line: string) => line.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

describe('words', () => {
  it('are runs of letters and digits in lower case', () => {
    expect(words("The quick-brown fox's 2nd den_3")).to.deep.equal([
      'the',
      'quick',
      'brown',
      'fox',
      's',
      '2nd',
      'den',
      '3'
    ])
    expect(words('')).to.deep.equal([])
    expect(words(' \t--')).to.deep.equal([])
  })

  it('are found in any script', () => {
    expect(words('Ünïcode ΟΔΟΣ ½ 中文 e\u0301 İ')).to.deep.equal(['ünïcode', 'οδος', '½', '中文', 'e', 'i'])
    expect(words('__proto__ constructor')).to.deep.equal(['proto', 'constructor'])
  })

  it('are the same by the short way for ASCII and by the definition', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' })
    )
    fc.assert(
      fc.property(line, text => {
        expect(words(text)).to.deep.equal([...byDefinition(text)])
      })
    )
  })
})
