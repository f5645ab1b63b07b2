import { createServer, type AddressInfo, type Server } from 'node:net'
import { once } from 'node:events'
import { silentLogger } from '@millrace/core'
import { freePorts, requireKafka } from '@millrace/broker-tool'
import { kafka } from '@millrace/kafka'
import { expect } from 'chai'
import { failureOf } from '../support/eventually.js'
import { RecordingLogger } from '../support/recording-logger.js'

const CLIENT = { clientId: 'connect-test', logger: silentLogger }

describe('connecting to Kafka', function () {
  this.timeout(30_000)

  it('rejects with BROKER_UNREACHABLE, naming every address, once its time is up', async () => {
    const [one, two] = await freePorts(2)
    const broker = kafka({ brokers: [`127.0.0.1:${one}`, `localhost:${two}`], connectTimeoutMs: 600 })
    const started = performance.now()
    const error = await failureOf(broker.connect(CLIENT))
    expect(error.code).to.equal('BROKER_UNREACHABLE')
    expect(error.message).to.include(`127.0.0.1:${one}`).and.include(`localhost:${two}`)
    expect(performance.now() - started).to.be.lessThan(5000)
  })

  it('says in the log that it is still trying', async () => {
    const [port] = await freePorts(1)
    const logger = new RecordingLogger()
    await failureOf(kafka({ brokers: [`127.0.0.1:${port}`], connectTimeoutMs: 600 }).connect({ clientId: 'c', logger }))
    expect(logger.lines.filter(line => line.level === 'warn')).to.have.length(1)
    expect(logger.lines.filter(line => line.level === 'error')).to.deep.equal([])
  })

  it('rejects with BROKER_UNREACHABLE when something listens that never answers', async () => {
    const silent = createServer(() => {})
    try {
      const address = await listening(silent)
      const error = await failureOf(kafka({ brokers: [address], connectTimeoutMs: 1500 }).connect(CLIENT))
      expect(error.code).to.equal('BROKER_UNREACHABLE')
    } finally {
      silent.close()
    }
  })

  it('rejects with BROKER_UNREACHABLE when something listens that is no Kafka', async () => {
    const webServer = createServer(socket => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    try {
      const address = await listening(webServer)
      const error = await failureOf(kafka({ brokers: [address], connectTimeoutMs: 1500 }).connect(CLIENT))
      expect(error.code).to.equal('BROKER_UNREACHABLE')
    } finally {
      webServer.close()
    }
  })

  it('finds the cluster when only one of the addresses answers', async function () {
    const brokers = await requireKafka(this)
    const [dead] = await freePorts(1)
    const connection = await kafka({ brokers: [`127.0.0.1:${dead}`, ...brokers] }).connect(CLIENT)
    expect((await connection.describeTopics(['no-such-topic'])).size).to.equal(0)
    await connection.close()
  })

  it('logs nothing above debug when all is well', async function () {
    const brokers = await requireKafka(this)
    const logger = new RecordingLogger()
    const connection = await kafka({ brokers }).connect({ clientId: 'c', logger })
    await connection.describeTopics(['no-such-topic'])
    await connection.close()
    expect(logger.lines.filter(line => line.level !== 'debug')).to.deep.equal([])
  })
})

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
