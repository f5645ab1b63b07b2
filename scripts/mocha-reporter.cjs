/** Mocha's spec reporter, which also leaves the counts in the file that MOCHA_COUNTS names. */
const { writeFileSync } = require('node:fs')
const { reporters, Runner } = require('mocha')

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats
      if (process.env.MOCHA_COUNTS)
        writeFileSync(process.env.MOCHA_COUNTS, JSON.stringify({ passes, failures, pending }))
    })
  }
}
