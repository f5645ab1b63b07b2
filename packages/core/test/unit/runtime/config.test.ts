/** What a configuration accepts, refuses and fills in. */
import { expect } from 'chai'
import { MillraceError, resolveConfig, type Broker } from '@millrace/core'

const broker = { description: 'none', connect: () => {}, forThread: () => {} } as unknown as Broker

function refusal(config: Partial<Record<string, unknown>>): MillraceError {
  try {
    resolveConfig({ applicationId: 'app', broker, ...config })
  } catch (error) {
    if (error instanceof MillraceError) return error
    throw error
  }
  throw new Error('the configuration was accepted')
}

describe('resolveConfig', () => {
  it('fills in the defaults', () => {
    const config = resolveConfig({ applicationId: 'app', broker })
    expect(config.commitIntervalMs).to.equal(1000)
    expect(config.threads).to.equal(0)
    expect(config.replicationFactor).to.equal(-1)
    expect(config.deserializationExceptionHandler).to.equal('fail')
    expect(config.applicationServer).to.equal(undefined)
  })

  it('keeps what is given', () => {
    const config = resolveConfig({ applicationId: 'app', broker, commitIntervalMs: 50, applicationServer: '[::1]:80' })
    expect(config.commitIntervalMs).to.equal(50)
    expect(config.applicationServer).to.equal('[::1]:80')
  })

  for (const [field, value] of [
    ['applicationId', ''],
    ['applicationId', '..'],
    ['applicationId', 'a b'],
    ['applicationId', undefined],
    ['broker', {}],
    ['broker', undefined],
    ['threads', -1],
    ['threads', 1.5],
    ['commitIntervalMs', 0],
    ['commitIntervalMs', '100'],
    ['cacheMaxBytes', -1],
    ['inputBufferMaxBytes', 0],
    ['outputBufferMaxBytes', 0],
    ['applicationServer', 'localhost'],
    ['applicationServer', 'localhost:0'],
    ['applicationServer', 'localhost:70000'],
    ['applicationServer', 'http://localhost:80'],
    ['replicationFactor', 0],
    ['deserializationExceptionHandler', 'ignore'],
    ['compression', 'brotli'],
    ['stateEngine', 'rocksdb'],
    ['heartbeatIntervalMs', 20_000]
  ] as const) {
    it(`refuses ${field} ${JSON.stringify(value)} and names the field`, () => {
      const error = refusal({ [field]: value })
      expect(error.code).to.equal('CONFIG_INVALID')
      expect(error.details['field']).to.equal(field)
      expect(error.message).to.contain(field)
    })
  }

  it("points from Kafka's dotted name to the field", () => {
    const error = refusal({ 'commit.interval.ms': 5 })
    expect(error.code).to.equal('CONFIG_UNKNOWN')
    expect(error.message).to.contain('commitIntervalMs')
  })

  it('lists the known fields for a name like no other', () => {
    expect(refusal({ nonsense: 1 }).message).to.contain('applicationId')
  })
})
