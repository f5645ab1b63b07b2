/** Every scenario gives, record for record, what Kafka Streams gives for the same input. */
import { expect } from 'chai'
import { canonical } from './canonical.js'
import { areas, casesOf, expectedOf } from './cases.js'
import { runScenario } from './run.js'

describe('equal to Kafka Streams 4.3.1', () => {
  for (const area of areas()) {
    describe(area, () => {
      for (const one of casesOf(area)) {
        it([one.name, one.inputs].join(' ').trim(), async () => {
          const result = await runScenario(one.scenario)
          const expected = expectedOf(one)
          // A topology that is refused without reason is easier to mend with the reason at hand.
          if (result.refused !== undefined && expected?.refused === undefined) expect.fail(result.refused)
          expect(canonical(result)).to.deep.equal(expected)
        })
      }
    })
  }
})
