/** How a picture is redrawn, how numbers are written, how a rate is measured. */
import { expect } from 'chai'
import { Rate } from '../../dist/rate.js'
import { Screen } from '../../dist/screen.js'
import { count, cut, pad } from '../../dist/text.js'

describe('screen', () => {
  function drawOn(isTTY: boolean) {
    const written: string[] = []
    let words = 0
    const output = { isTTY, columns: 60, write: (text: string) => written.push(text) }
    const screen = new Screen(output, () => ({
      lines: ({ width }) => ['head', `${words} words in ${width} columns`],
      line: () => (words === 0 ? undefined : `${words} words`)
    }))
    return { screen, written, setWords: (value: number) => (words = value) }
  }

  it('redraws in place on a terminal', () => {
    const { screen, written } = drawOn(true)
    screen.draw()
    screen.draw()
    expect(written[0]).not.to.include('A\r')
    expect(written[1]).to.equal('\x1b[2A\rhead\x1b[K\n0 words in 60 columns\x1b[K\n\x1b[0J')
  })

  it('writes plain lines elsewhere, none before there is something to tell, none twice', () => {
    const { screen, written, setWords } = drawOn(false)
    screen.draw()
    expect(written).to.deep.equal([])
    setWords(10)
    screen.draw()
    screen.draw()
    expect(written).to.deep.equal(['10 words\n'])
    screen.stop()
    expect(written[1]).to.equal('head\n10 words in 80 columns\n')
  })

  it('puts a note above the picture', () => {
    const { screen, written } = drawOn(true)
    screen.draw()
    const errors: string[] = []
    screen.note('careful', { write: text => errors.push(text) })
    expect(errors).to.deep.equal(['careful\n'])
    expect(written[1]).to.equal('\x1b[2A\r\x1b[0J')
    expect(written[2]).to.include('head')
  })
})

describe('text', () => {
  it('has digits in groups', () => {
    expect([0, 999, 1000, 1234567, -20, -4321].map(count)).to.deep.equal([
      '0',
      '999',
      '1,000',
      '1,234,567',
      '-20',
      '-4,321'
    ])
  })

  it('is cut and filled by characters', () => {
    expect([cut('😀😀😀', 2), cut('ab', 2), pad('ab', 4), pad('abcdef', 4)]).to.deep.equal([
      '😀…',
      'ab',
      'ab  ',
      'abc…'
    ])
  })
})

describe('rate', () => {
  it('is the growth per second over the last three seconds', () => {
    const rate = new Rate()
    expect(rate.of(0, 0)).to.equal(0)
    expect(rate.of(500, 500)).to.equal(1000)
    expect(rate.of(1000, 1000)).to.equal(1000)
    expect(rate.of(1000, 10_000)).to.equal(0)
  })
})
