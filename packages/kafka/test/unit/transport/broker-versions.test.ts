import { expect } from 'chai'
import { checkVersions, SPOKEN_APIS } from '../../../dist/transport/broker-versions.js'

describe('checkVersions', () => {
  const offered = (): Map<number, { minVersion: number; maxVersion: number }> =>
    new Map(SPOKEN_APIS.map(({ key, version }) => [key, { minVersion: 0, maxVersion: version }]))

  it('accepts a broker that offers what is needed', () => {
    expect(() => checkVersions('k:1', 0, offered())).not.to.throw()
  })

  it('names the API that an old broker lacks', () => {
    const versions = offered().set(1, { minVersion: 0, maxVersion: 11 })
    expect(() => checkVersions('k:1', 0, versions))
      .to.throw(/Fetch v0 to v11, and v12 is needed/)
      .with.property('code', 'KAFKA_VERSION_UNSUPPORTED')
  })

  it('names the API that a new broker has dropped', () => {
    const versions = offered().set(3, { minVersion: 10, maxVersion: 14 })
    expect(() => checkVersions('k:1', 0, versions))
      .to.throw(/Metadata v10/)
      .with.property('code', 'KAFKA_VERSION_UNSUPPORTED')
    versions.delete(3)
    expect(() => checkVersions('k:1', 0, versions))
      .to.throw(/no Metadata/)
      .with.property('code', 'KAFKA_VERSION_UNSUPPORTED')
  })

  it('takes an error as an answer', () => {
    expect(() => checkVersions('k:1', 35, new Map()))
      .to.throw(/UNSUPPORTED_VERSION/)
      .with.property('code', 'KAFKA_VERSION_UNSUPPORTED')
  })
})
