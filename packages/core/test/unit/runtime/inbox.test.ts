/** The worker's queue of events. */
import { expect } from 'chai'
import { type Clock } from '@millrace/core'
import { Inbox } from '../../../dist/runtime/inbox.js'

/** A clock whose only timer the test fires. */
function oneTimerClock(): Clock & { fire(): void; cancelled: boolean } {
  let callback: (() => void) | undefined
  return {
    cancelled: false,
    now: () => 0,
    after(_ms, fn) {
      callback = fn
      return () => (this.cancelled = true)
    },
    fire: () => callback?.()
  }
}

describe('Inbox', () => {
  it('gives events in the order they came', () => {
    const inbox = new Inbox<number>()
    for (const event of [1, 2, 3]) inbox.push(event)
    expect([inbox.take(), inbox.take(), inbox.take(), inbox.take()]).to.deep.equal([1, 2, 3, undefined])
  })

  it('does not wait when an event is there', async () => {
    const inbox = new Inbox<number>()
    inbox.push(1)
    await inbox.wait(1_000_000, oneTimerClock())
    expect(inbox.take()).to.equal(1)
  })

  it('wakes at an event and cancels the timer', async () => {
    const inbox = new Inbox<number>()
    const clock = oneTimerClock()
    const waiting = inbox.wait(1000, clock)
    inbox.push(7)
    await waiting
    expect(clock.cancelled).to.equal(true)
    expect(inbox.take()).to.equal(7)
  })

  it('wakes when the time is over', async () => {
    const inbox = new Inbox<number>()
    const clock = oneTimerClock()
    const waiting = inbox.wait(1000, clock)
    clock.fire()
    await waiting
    expect(inbox.take()).to.equal(undefined)
  })
})
