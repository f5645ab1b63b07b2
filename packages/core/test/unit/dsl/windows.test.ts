/** How time is cut into windows. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  MillraceError,
  SessionWindows,
  SlidingWindows,
  StreamsBuilder,
  TimeWindows,
  UnlimitedWindows
} from '@millrace/core'
import { serdes } from '../../support/dsl.js'

const text = { key: serdes.string(), value: serdes.string() }

/** The starts of all windows that hold a time. */
function startsAt(windows: TimeWindows | UnlimitedWindows, timestamp: number): number[] {
  const starts: number[] = []
  for (let start = windows.firstStart(timestamp); start <= timestamp; start += windows.advanceMs) starts.push(start)
  return starts
}

function code(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
  return 'nothing thrown'
}

describe('time windows', () => {
  it('hold a time in every window whose start is a multiple of the advance and which reaches over it', () => {
    const anyWindows = fc
      .tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }))
      .map(([a, b]) => TimeWindows.ofSizeWithNoGrace(Math.max(a, b)).advanceBy(Math.min(a, b)))
    fc.assert(
      fc.property(anyWindows, fc.nat(500), (windows, timestamp) => {
        const { sizeMs, advanceMs } = windows
        const expected: number[] = []
        for (let start = 0; start <= timestamp; start += advanceMs) if (start + sizeMs > timestamp) expected.push(start)
        expect(startsAt(windows, timestamp)).to.deep.equal(expected)
      })
    )
  })

  it('keep their size and grace when they are made to hop', () => {
    const { sizeMs, advanceMs, graceMs } = TimeWindows.ofSizeAndGrace(10, 3).advanceBy(5)
    expect({ sizeMs, advanceMs, graceMs }).to.deep.equal({ sizeMs: 10, advanceMs: 5, graceMs: 3 })
  })
})

describe('unlimited windows', () => {
  it('are one window, in which nothing is from before its start', () => {
    const windows = UnlimitedWindows.of().startOn(100)
    expect(startsAt(windows, 99)).to.deep.equal([])
    expect(startsAt(windows, 1_000_000)).to.deep.equal([100])
  })
})

describe('windows of impossible lengths', () => {
  const wrong: Record<string, () => unknown> = {
    'no size': () => TimeWindows.ofSizeWithNoGrace(0),
    'a fraction of a millisecond': () => TimeWindows.ofSizeWithNoGrace(1.5),
    'no number': () => TimeWindows.ofSizeWithNoGrace(Number.NaN),
    'a negative grace': () => TimeWindows.ofSizeAndGrace(10, -1),
    'an advance beyond the size': () => TimeWindows.ofSizeWithNoGrace(10).advanceBy(11),
    'no advance': () => TimeWindows.ofSizeWithNoGrace(10).advanceBy(0),
    'a negative start': () => UnlimitedWindows.of().startOn(-1),
    'a negative difference': () => SlidingWindows.ofTimeDifferenceWithNoGrace(-1),
    'no gap': () => SessionWindows.ofInactivityGapWithNoGrace(0)
  }
  for (const [what, act] of Object.entries(wrong)) {
    it(`are refused with WINDOW_INVALID: ${what}`, () => expect(code(act)).to.equal('WINDOW_INVALID'))
  }

  it('are refused with WINDOW_RETENTION_TOO_SHORT where the store would forget open windows', () => {
    const grouped = new StreamsBuilder().stream('clicks', text).groupByKey()
    const time = grouped.windowedBy(TimeWindows.ofSizeAndGrace(10, 5))
    const sliding = grouped.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(10, 5))
    const session = grouped.windowedBy(SessionWindows.ofInactivityGapAndGrace(10, 5))
    expect(code(() => time.count({ retentionMs: 14 }))).to.equal('WINDOW_RETENTION_TOO_SHORT')
    expect(code(() => sliding.count({ retentionMs: 24 }))).to.equal('WINDOW_RETENTION_TOO_SHORT')
    expect(code(() => session.count({ retentionMs: 14 }))).to.equal('WINDOW_RETENTION_TOO_SHORT')
    expect(code(() => time.count({ retentionMs: 15 }))).to.equal('nothing thrown')
  })
})
