/** Scenarios that differ on a broker are made smaller, here without one: what fails is said by a function. */
import { expect } from 'chai'
import { shrink, smallerScenarios } from './partitions/shrink.js'
import type { Scenario } from './scenario.js'

const drawn: Scenario = {
  topology: [
    { op: 'stream', topic: 's', as: 'n0' },
    { op: 'peek', from: 'n0', as: 'n1' },
    { op: 'filter', from: 'n1', as: 'n2', when: '{value}|isNull' },
    { op: 'to', from: 'n2', topic: 'out' },
    { op: 'to', from: 'n0', topic: 'other' }
  ],
  inputs: Array.from({ length: 15 }, (_, index) => ({ topic: 's', key: 'a', value: `${index}`, timestamp: index }))
}

/** Fails with the filter and with the records 3 and 11. */
function judge() {
  const asked: string[] = []
  const reasonOf = ({ topology, inputs = [] }: Scenario): Promise<string | undefined> => {
    asked.push(JSON.stringify([topology, inputs]))
    const fails =
      topology.some(({ op }) => op === 'filter') &&
      [3, 11].every(wanted => inputs.some(input => 'value' in input && input.value === `${wanted}`))
    return Promise.resolve(fails ? `of ${inputs.length} inputs` : undefined)
  }
  return { asked, modules: { reasonOf, smaller: smallerScenarios } }
}

describe('a scenario that differs on a broker', () => {
  const failure = { value: drawn, reason: 'as drawn' }

  it('is left with the inputs and steps that it takes, and the reason is that of the smallest', async () => {
    const { value, reason } = await shrink(failure, { atOnce: 4, tries: 1000 }, judge().modules)
    expect(value.inputs!.map(input => 'timestamp' in input && input.timestamp)).to.deep.equal([3, 11])
    expect(value.topology.map(({ op }) => op)).to.deep.equal(['filter'])
    expect(reason).to.equal('of 2 inputs')
  })

  it('goes on from what a step came from that is taken out', () => {
    const topologies = [...smallerScenarios(drawn)].map(({ topology }) => topology)
    expect(topologies).to.deep.include(
      drawn.topology.toSpliced(1, 2, { op: 'filter', from: 'n0', as: 'n2', when: '{value}|isNull' })
    )
  })

  it('is tried no more often than allowed, and none twice', async () => {
    const { asked, modules } = judge()
    await shrink(failure, { atOnce: 4, tries: 10 }, modules)
    expect(asked).to.have.length(10)
    expect(new Set(asked).size).to.equal(10)
  })

  it('stays as it is where nothing smaller fails', async () => {
    const modules = { reasonOf: () => Promise.resolve(undefined), smaller: smallerScenarios }
    expect(await shrink(failure, { atOnce: 3, tries: 50 }, modules)).to.deep.equal(failure)
  })
})
