/** The contract of a broker: what the runtime relies on, tried on an implementation. */
import { describe } from 'mocha'
import type { Broker } from '../broker/broker.js'
import { BrokerBench } from './broker-bench.js'
import { describeClosing } from './closing-contract.js'
import { describeCommits } from './commit-contract.js'
import { describeFetch } from './fetch-contract.js'
import { describeGroups } from './group-contract.js'
import { describeIdempotence } from './idempotence-contract.js'
import { describeOffsets } from './offset-contract.js'
import { describeProduce } from './produce-contract.js'
import { describeTopics } from './topic-contract.js'

/** What a factory hands to the suite. */
export interface BrokerUnderTest {
  readonly broker: Broker
  /** After the last test: releases the broker and whatever was started for it. */
  close(): Promise<void>
}

export interface BrokerSuiteOptions {
  /** For one test; default 60 000. A cluster's first rebalance takes some seconds. */
  readonly timeoutMs?: number
  /** The shortest session the broker allows; default 6000, Kafka's own. */
  readonly sessionTimeoutMs?: number
}

/**
 * Describes the whole contract as mocha tests.
 *
 * `factory` is called once, before the first test. Topics and groups have names of their own in every run, so a broker
 * that other things use will do; topics are deleted at the end. Nothing is assumed about node numbers.
 */
export function describeBroker(
  name: string,
  factory: () => Promise<BrokerUnderTest>,
  options: BrokerSuiteOptions = {}
): void {
  describe(`broker contract: ${name}`, function () {
    this.timeout(options.timeoutMs ?? 60_000)
    const bench = new BrokerBench({ sessionTimeoutMs: options.sessionTimeoutMs ?? 6000 })
    let subject: BrokerUnderTest

    this.beforeAll(async () => {
      subject = await factory()
      await bench.open(subject.broker)
    })

    this.afterAll(async () => {
      await bench.close()
      await subject.close()
    })

    describeTopics(bench)
    describeProduce(bench)
    describeFetch(bench)
    describeIdempotence(bench)
    describeOffsets(bench)
    describeGroups(bench)
    describeCommits(bench)
    describeClosing(bench)
  })
}
