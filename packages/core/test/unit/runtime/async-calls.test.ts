/** The calls of one async operator against a model: how many run at once, in which order results leave, and how calls end. */
import { MillraceError, type AsyncCall, type AsyncOrder, type PendingRecord } from '@millrace/core'
import { expect } from 'chai'
import fc from 'fast-check'
import { AsyncCalls } from '../../../dist/runtime/async-calls.js'
import { AttemptsFailed } from '../../../dist/runtime/attempts.js'
import { ManualClock, settle } from '../../support/manual-clock.js'

const context = { topic: 'in', partition: 0, offset: 0, timestamp: 0, headers: [] }

interface Started {
  readonly value: number
  readonly key: string
  readonly call: AsyncCall
  resolve(): void
  reject(error: Error): void
}

interface Manner {
  readonly attempts?: number
  readonly retryable?: (error: unknown, attempt: number) => boolean
  readonly fallback?: (error: unknown, record: PendingRecord) => number
}

function operator(order: AsyncOrder, concurrency: number, manner: Manner = {}) {
  const { attempts = 1, retryable = () => true, fallback } = manner
  const clock = new ManualClock()
  const started: Started[] = []
  const left: number[] = []
  const calls = new AsyncCalls(
    {
      ...(order === 'per-key' ? { lane: (key: string) => key } : {}),
      inOrder: order === 'per-partition',
      concurrency,
      timeoutMs: 1000,
      attempts,
      backoffMs: 100,
      maxBackoffMs: 150,
      retryable
    },
    {
      clock,
      random: () => 1,
      step: {
        call: ({ key, value }, call) =>
          new Promise((resolve, reject) => {
            const one = { key: key as string, value: value as number, call, resolve: () => resolve(value), reject }
            started.push(one)
          }),
        fallback,
        done: result => left.push(result as number)
      },
      onOutcome: () => {}
    }
  )
  const passOn = async () => {
    await settle()
    while (calls.next() !== undefined) calls.leave()
  }
  return { clock, calls, started, left, passOn }
}

describe('the calls of an async operator', () => {
  const keys = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 })

  for (const order of ['per-key', 'per-partition', 'none'] as const) {
    it(`run side by side up to a limit, each once, and leave in the order ${order}`, async function () {
      this.timeout(20_000)
      await fc.assert(
        fc.asyncProperty(
          keys,
          fc.integer({ min: 1, max: 4 }),
          fc.infiniteStream(fc.nat()),
          async (keys, limit, which) => {
            const { calls, started, left, passOn } = operator(order, limit)
            keys.forEach((key, i) => calls.add(key, i, i, context))
            const ended = new Set<Started>()
            const endedValues: number[] = []
            while (ended.size < keys.length) {
              const running = started.filter(one => !ended.has(one))
              expect(running).to.have.length.within(1, limit)
              if (order === 'per-key') expect(new Set(running.map(({ key }) => key)).size).to.equal(running.length)
              const next = running[which.next().value % running.length]!
              ended.add(next)
              endedValues.push(next.value)
              next.resolve()
              await passOn()
            }
            const inOrder = keys.map((_, i) => i)
            expect(left).to.deep.equal(order === 'per-partition' ? inOrder : endedValues)
            for (const key of order === 'per-key' ? new Set(keys) : [])
              expect(left.filter(i => keys[i] === key)).to.deep.equal(inOrder.filter(i => keys[i] === key))
            expect(calls.busy).to.equal(false)
          }
        ),
        { numRuns: 60 }
      )
    })
  }

  it('are full with four records for each that may run, whatever state these are in', async () => {
    const { calls, started, passOn } = operator('per-partition', 2)
    for (let i = 0; i < 8; i++) {
      expect(calls.full).to.equal(false)
      calls.add('a', i, i, context)
    }
    expect(calls.full).to.equal(true)
    started[1]!.resolve()
    await passOn()
    expect(calls.full).to.equal(true)
    started[0]!.resolve()
    await passOn()
    expect(calls.full).to.equal(false)
  })

  it('may be many at once, each with a signal of its own', async () => {
    const warnings: Error[] = []
    const warned = (warning: Error) => warnings.push(warning)
    process.on('warning', warned)
    try {
      const { calls, started } = operator('none', 500)
      for (let i = 0; i < 500; i++) calls.add('a', i, i, context)
      expect(new Set(started.map(({ call }) => call.signal)).size).to.equal(500)
      calls.close()
      expect(started.filter(({ call }) => !call.signal.aborted)).to.deep.equal([])
      await settle()
    } finally {
      process.off('warning', warned)
    }
    expect(warnings).to.deep.equal([])
  })

  it('are tried again after pauses that grow, and fail with the last cause', async () => {
    const { clock, calls, started, passOn } = operator('per-key', 1, { attempts: 3 })
    calls.add('a', 0, 0, context)
    const failures = [new Error('1'), new Error('2'), new Error('3')]
    started[0]!.reject(failures[0]!)
    await clock.advance(99)
    expect(started).to.have.length(1)
    await clock.advance(1)
    started[1]!.reject(failures[1]!)
    await clock.advance(149)
    expect(started).to.have.length(2)
    await clock.advance(1)
    expect(started[2]!.call.attempt).to.equal(3)
    started[2]!.reject(failures[2]!)
    const error = await passOn().catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(AttemptsFailed).and.to.include({ attempts: 3, cause: failures[2] })
  })

  it('are not tried again where the retry policy says no, or the task has ended', async () => {
    const asked: unknown[] = []
    const retryable = (error: unknown, attempt: number) => asked.push([(error as Error).message, attempt]) < 2
    const { clock, calls, started, passOn } = operator('none', 1, { attempts: 5, retryable })
    calls.add('a', 0, 0, context)
    started[0]!.reject(new Error('busy'))
    await clock.advance(100)
    started[1]!.reject(new Error('never'))
    expect(await passOn().catch((thrown: unknown) => thrown)).to.include({ attempts: 2 })
    expect(asked).to.deep.equal([
      ['busy', 1],
      ['never', 2]
    ])
    const other = operator('none', 1, { attempts: 5 })
    other.calls.add('a', 0, 0, context)
    other.started[0]!.reject(new Error('busy'))
    await settle()
    other.calls.close()
    await other.clock.advance(10_000)
    expect(other.started).to.have.length(1)
  })

  it('have what the fallback makes of it for a result when they have failed for good', async () => {
    const fallback = (error: unknown, { value }: PendingRecord) => {
      if (value === 1) throw error
      return -(value as number)
    }
    const { clock, calls, started, left, passOn } = operator('per-partition', 3, { fallback })
    for (const value of [3, 2, 1]) calls.add('a', value, 0, context)
    started[1]!.resolve()
    await clock.advance(1000)
    const last = await passOn().catch((thrown: unknown) => thrown)
    expect(left).to.deep.equal([-3, 2])
    expect(last).to.include({ code: 'ASYNC_CALL_TIMED_OUT' })
  })

  it('end when their time is over, with their signals fired; a later result counts for nothing', async () => {
    const { clock, calls, started, left, passOn } = operator('none', 1)
    calls.add('a', 0, 0, context)
    await clock.advance(999)
    expect(started[0]!.call.signal.aborted).to.equal(false)
    await clock.advance(1)
    expect(started[0]!.call.signal.reason)
      .to.be.instanceOf(MillraceError)
      .and.to.include({ code: 'ASYNC_CALL_TIMED_OUT' })
    started[0]!.resolve()
    expect(await passOn().catch((thrown: unknown) => thrown)).to.be.instanceOf(AttemptsFailed)
    expect(left).to.deep.equal([])
  })

  it('have their signals fired when the task ends, and none begins after that', async () => {
    const { calls, started, left, passOn } = operator('none', 1)
    calls.add('a', 0, 0, context)
    calls.add('a', 1, 1, context)
    calls.close()
    expect(started[0]!.call.signal.aborted).to.equal(true)
    started[0]!.resolve()
    await passOn()
    expect(started).to.have.length(1)
    expect(left).to.deep.equal([])
  })
})
