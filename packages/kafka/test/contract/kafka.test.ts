import { describeBroker } from '@millrace/core/test-suite'
import { requireKafka } from '@millrace/broker-tool'
import { kafka } from '@millrace/kafka'

describe('Apache Kafka', () => {
  let brokers: readonly string[] = []

  before(async function () {
    brokers = await requireKafka(this)
  })

  describeBroker('kafka', async () => {
    const broker = kafka({ brokers })
    return { broker, close: () => broker.close() }
  })
})
