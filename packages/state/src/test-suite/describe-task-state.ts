/** The contract of a task's stores, tried over a storage engine. */
import { describe } from 'mocha'
import type { StateEngine } from '../engine.js'
import { describeCommits } from './commit-contract.js'
import { describeFlush } from './flush-contract.js'
import { describeReadsAndWrites } from './read-write-contract.js'
import { describeRestore } from './restore-contract.js'
import { StateBench } from './state-bench.js'
import { describeTimeOrderedStores } from './time-ordered-store-contract.js'
import { describeTimedStores } from './timed-store-contract.js'
import { describeVersionedStores } from './versioned-store-contract.js'

/** Describes as mocha tests what `TaskState` and its stores promise. Databases are made in a temporary directory. */
export function describeTaskState(name: string, modules: { readonly engine: StateEngine }): void {
  describe(`task state contract: ${name}`, function () {
    this.timeout(20_000)
    const bench = new StateBench(modules.engine)
    this.beforeAll(() => bench.start())
    this.afterEach(() => bench.endTest())
    this.afterAll(() => bench.end())

    describeReadsAndWrites(bench)
    describeFlush(bench)
    describeCommits(bench)
    describeRestore(bench)
    describeTimedStores(bench)
    describeTimeOrderedStores(bench)
    describeVersionedStores(bench)
  })
}
