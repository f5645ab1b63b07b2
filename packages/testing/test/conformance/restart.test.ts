/** An application that is restarted between any two records gives what one does that runs on. */
import { expect } from 'chai'
import { casesOf } from './cases.js'
import { runScenario } from './run.js'

describe('restarted before each record', () => {
  for (const area of [
    'aggregations',
    'stream-table-joins',
    'tables',
    'table-joins',
    'grouped-tables',
    'global-tables',
    'versioned',
    'in-memory'
  ]) {
    it(`gives the same: ${area}`, async function () {
      this.timeout(60_000)
      for (const { name, inputs, scenario } of casesOf(area)) {
        if (inputs !== 'out-of-order') continue
        expect(await runScenario(scenario, { restarting: true }), name).to.deep.equal(await runScenario(scenario))
      }
    })
  }
})
