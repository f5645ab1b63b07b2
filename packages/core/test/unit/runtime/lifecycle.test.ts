/** The steps between the states of an application. */
import { expect } from 'chai'
import { Lifecycle, type StreamsState } from '../../../dist/runtime/lifecycle.js'

function walk(...states: StreamsState[]): { lifecycle: Lifecycle; seen: string[] } {
  const seen: string[] = []
  const lifecycle = new Lifecycle((state, previous) => seen.push(`${previous} > ${state}`))
  for (const state of states) lifecycle.go(state)
  return { lifecycle, seen }
}

describe('Lifecycle', () => {
  it('goes from CREATED through REBALANCING and RUNNING to NOT_RUNNING, telling each step', () => {
    const { lifecycle, seen } = walk('REBALANCING', 'RUNNING', 'PENDING_SHUTDOWN', 'NOT_RUNNING')
    expect(lifecycle.state).to.equal('NOT_RUNNING')
    expect(seen).to.deep.equal([
      'CREATED > REBALANCING',
      'REBALANCING > RUNNING',
      'RUNNING > PENDING_SHUTDOWN',
      'PENDING_SHUTDOWN > NOT_RUNNING'
    ])
  })

  it('goes back to REBALANCING and, on an error, through PENDING_ERROR to ERROR', () => {
    expect(walk('REBALANCING', 'RUNNING', 'REBALANCING', 'PENDING_ERROR', 'ERROR').lifecycle.state).to.equal('ERROR')
  })

  it('can be shut down before it was started', () => {
    expect(walk('PENDING_SHUTDOWN', 'NOT_RUNNING').lifecycle.state).to.equal('NOT_RUNNING')
  })

  it('refuses to leave an end state, and says so', () => {
    for (const end of [walk('PENDING_SHUTDOWN', 'NOT_RUNNING'), walk('REBALANCING', 'PENDING_ERROR', 'ERROR')]) {
      for (const state of ['CREATED', 'REBALANCING', 'RUNNING'] as const) {
        expect(end.lifecycle.canGo(state)).to.equal(false)
        expect(() => end.lifecycle.go(state))
          .to.throw()
          .with.property('code', 'STATE_TRANSITION')
      }
    }
  })
})
