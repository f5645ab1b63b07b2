/** When schedules call back: the times were measured on Kafka Streams 4.3.1. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Punctuations } from '../../../dist/runtime/punctuation.js'

/** The times at which a schedule called back while time moved on. */
async function calls(options: { first: number; intervalMs: number }, times: readonly number[]): Promise<number[]> {
  const called: number[] = []
  const punctuations = new Punctuations()
  punctuations.schedule(options.first, options.intervalMs, time => void called.push(time))
  for (const time of times) await punctuations.advanceTo(time)
  return called
}

describe('punctuation', () => {
  it('by stream time is aligned to multiples of the interval from 0, and begins with the first record', async () => {
    expect(await calls({ first: 0, intervalMs: 10 }, [3, 5, 13, 19, 20, 55, 56, 60])).to.deep.equal([3, 13, 20, 55, 60])
  })

  it('by the wall clock begins an interval from the call', async () => {
    expect(await calls({ first: 10, intervalMs: 10 }, [5, 10, 20, 45, 46])).to.deep.equal([10, 20, 45])
  })

  it('calls once per multiple that time reaches, whatever steps it goes in', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), steps, async (intervalMs, moves) => {
        let time = 0
        const times = moves.map(move => (time += move))
        const expected: number[] = []
        let reached = -1
        for (const now of times) {
          const multiple = Math.floor(now / intervalMs)
          if (multiple > reached) expected.push(now)
          reached = multiple
        }
        expect(await calls({ first: 0, intervalMs }, times)).to.deep.equal(expected)
      })
    )
  })

  it('tells when the next is due, or that none is', async () => {
    const punctuations = new Punctuations()
    expect(punctuations.due).to.equal(Infinity)
    const cancel = punctuations.schedule(10, 5, () => {})
    await punctuations.advanceTo(11)
    expect(punctuations.due).to.equal(15)
    cancel()
    await punctuations.advanceTo(20)
    expect(punctuations.due).to.equal(Infinity)
  })

  it('ends when it is cancelled from within', async () => {
    const punctuations = new Punctuations()
    let count = 0
    const cancel = punctuations.schedule(0, 10, () => {
      count++
      cancel()
    })
    await punctuations.advanceTo(0)
    await punctuations.advanceTo(100)
    expect(count).to.equal(1)
  })

  it('waits for a schedule before it calls the next', async () => {
    const punctuations = new Punctuations()
    const called: string[] = []
    for (const name of ['a', 'b']) {
      punctuations.schedule(0, 10, async () => {
        called.push(`${name} begins`)
        await Promise.resolve()
        called.push(`${name} ends`)
      })
    }
    await punctuations.advanceTo(0)
    expect(called).to.deep.equal(['a begins', 'a ends', 'b begins', 'b ends'])
    expect(punctuations.due).to.equal(10)
  })

  it('calls schedules that are due together in the order of java.util.PriorityQueue', async () => {
    const punctuations = new Punctuations()
    const called: string[] = []
    for (const name of ['a', 'b', 'c', 'd']) punctuations.schedule(0, 10, () => void called.push(name))
    await punctuations.advanceTo(1)
    await punctuations.advanceTo(11)
    // Measured with java.util.PriorityQueue, polling and adding again as PunctuationQueue does.
    expect(called.join('')).to.equal('adbcbcad')
  })
})
