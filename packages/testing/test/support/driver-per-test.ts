/** A topology driven by one test. */
import type { StreamsBuilder } from '@millrace/core'
import { type TestDriverOptions, TopologyTestDriver } from '@millrace/testing'

/** To be called within `describe`: what it returns opens a driver that is closed when the test ends. */
export function driverPerTest() {
  let opened: TopologyTestDriver | undefined

  afterEach(async () => {
    await opened?.close()
    opened = undefined
  })

  return async (builder: StreamsBuilder, options: TestDriverOptions = {}): Promise<TopologyTestDriver> => {
    opened = await TopologyTestDriver.open(builder.build(), options)
    return opened
  }
}
