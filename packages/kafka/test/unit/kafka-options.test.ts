import { expect } from 'chai'
import { kafka } from '@millrace/kafka'
import { formatAddress, parseAddresses } from '../../dist/kafka-options.js'
import { brokerForThread } from '../../dist/kafka-broker.js'

describe('kafka options', () => {
  it('take host names, IPv4 and IPv6 addresses', () => {
    const texts = ['kafka-1.example:9092', '127.0.0.1:9093', '[::1]:9094']
    expect(parseAddresses(texts)).to.deep.equal([
      { host: 'kafka-1.example', port: 9092 },
      { host: '127.0.0.1', port: 9093 },
      { host: '::1', port: 9094 }
    ])
    expect(parseAddresses(texts).map(formatAddress)).to.deep.equal(texts)
  })

  for (const bad of [
    'localhost',
    'localhost:',
    ':9092',
    'kafka://localhost:9092',
    'localhost:0',
    'localhost:65536',
    '::1:9092',
    ' localhost:9092'
  ]) {
    it(`refuse the address '${bad}', naming its place in the list`, () => {
      expect(() => kafka({ brokers: ['localhost:9092', bad] }))
        .to.throw(/brokers\[1\]/)
        .with.property('code', 'KAFKA_OPTIONS_INVALID')
    })
  }

  it('refuse an empty list, and a time limit that is none', () => {
    expect(() => kafka({ brokers: [] }))
      .to.throw()
      .with.property('code', 'KAFKA_OPTIONS_INVALID')
    expect(() => kafka({ brokers: ['a:1'], connectTimeoutMs: 0 }))
      .to.throw()
      .with.property('code', 'KAFKA_OPTIONS_INVALID')
  })

  it('cross to a worker thread as plain data', () => {
    const broker = kafka({ brokers: ['a:1', 'b:2'], sasl: { mechanism: 'plain', username: 'u', password: 'p' } })
    const { data, transfer } = broker.forThread()
    expect(transfer).to.deep.equal([])
    expect(brokerForThread(structuredClone(data)).description).to.equal('kafka at a:1, b:2')
  })

  it('with a function cannot cross to a worker thread, and say so', () => {
    const oauthBearerProvider = async (): Promise<{ value: string }> => ({ value: 'token' })
    const broker = kafka({ brokers: ['a:1'], sasl: { mechanism: 'oauthbearer', oauthBearerProvider } })
    expect(() => broker.forThread())
      .to.throw()
      .with.property('code', 'KAFKA_OPTIONS_INVALID')
  })
})
