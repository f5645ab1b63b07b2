/** The embedded log passes the broker contract in each of its forms. */
import { describeBroker } from '@millrace/core/test-suite'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embedded } from '../../dist/embedded/index.js'
import { brokerForThread } from '../../dist/embedded/thread-broker.js'

const OPTIONS = { timeoutMs: 20_000, sessionTimeoutMs: 2000 }

describeBroker(
  'embedded log in memory',
  async () => {
    const broker = embedded()
    return { broker, close: () => broker.close() }
  },
  OPTIONS
)

describeBroker(
  'embedded log in a directory',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-embedded-'))
    const broker = embedded({ directory })
    return {
      broker,
      async close() {
        await broker.close()
        await rm(directory, { recursive: true })
      }
    }
  },
  OPTIONS
)

describeBroker(
  'embedded log through a port',
  async () => {
    const owner = embedded()
    const broker = brokerForThread(owner.forThread().data)
    return {
      broker,
      async close() {
        await broker.close()
        await owner.close()
      }
    }
  },
  OPTIONS
)
