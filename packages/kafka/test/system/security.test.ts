import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { silentLogger } from '@millrace/core'
import { freePorts, requireOwnKafka, type NodePorts, type RunningKafka } from '@millrace/broker-tool'
import { kafka, type KafkaOptions } from '@millrace/kafka'
import { expect } from 'chai'
import { failureOf } from '../support/eventually.js'

const run = promisify(execFile)
const PASSWORD = 'secret-of-the-test'
const CLIENT = { clientId: 'security-test', logger: silentLogger }

describe('TLS and SASL', function () {
  this.timeout(60_000)
  let directory: string
  let cluster: RunningKafka | undefined
  let certificate: string
  let brokers: readonly string[] = []

  before(async function () {
    directory = await mkdtemp(join(tmpdir(), 'millrace-tls-'))
    const [port] = await freePorts(1)
    const keyStore = join(directory, 'broker.p12')
    cluster = await requireOwnKafka(this, async () => {
      await makeKeys(keyStore)
      return { properties: (_, ports) => secureListener(port!, ports, keyStore) }
    })
    certificate = await readFile(join(directory, 'broker.pem'), 'utf8')
    brokers = [`127.0.0.1:${port}`]
  })

  after(async () => {
    await cluster?.stop()
    await rm(directory, { recursive: true, force: true })
  })

  const connect = (options: Omit<KafkaOptions, 'brokers'>) =>
    kafka({ brokers, connectTimeoutMs: 3000, ...options }).connect(CLIENT)

  it('let in who trusts the certificate and knows the password', async () => {
    const connection = await connect({
      ssl: trusting(certificate),
      sasl: { mechanism: 'plain', username: 'ann', password: PASSWORD }
    })
    expect((await connection.initProducerId()).producerEpoch).to.equal(0)
    await connection.close()
  })

  it('reject a wrong password with BROKER_AUTHENTICATION_FAILED, without trying on', async () => {
    const error = await failureOf(
      connect({ ssl: trusting(certificate), sasl: { mechanism: 'plain', username: 'ann', password: 'no' } })
    )
    expect(error.code).to.equal('BROKER_AUTHENTICATION_FAILED')
    expect(error.message).to.include(brokers[0])
  })

  it('reject a mechanism the broker lacks with BROKER_AUTHENTICATION_FAILED', async () => {
    const sasl = { mechanism: 'scram-sha-512', username: 'ann', password: PASSWORD } as const
    expect((await failureOf(connect({ ssl: trusting(certificate), sasl }))).code).to.equal(
      'BROKER_AUTHENTICATION_FAILED'
    )
  })

  it('reject a certificate that is not trusted, and say so', async () => {
    const error = await failureOf(
      connect({ ssl: true, sasl: { mechanism: 'plain', username: 'ann', password: PASSWORD } })
    )
    expect(error.code).to.equal('BROKER_UNREACHABLE')
    expect(error.message).to.match(/self-signed certificate/)
  })

  it('reject a client that speaks neither, with a hint', async () => {
    const error = await failureOf(connect({}))
    expect(error.code).to.equal('BROKER_UNREACHABLE')
    expect(error.message).to.match(/TLS and SASL/)
  })

  async function makeKeys(keyStore: string): Promise<void> {
    const common = ['-keystore', keyStore, '-storetype', 'PKCS12', '-storepass', PASSWORD, '-alias', 'broker']
    const names = ['-dname', 'CN=localhost', '-ext', 'SAN=IP:127.0.0.1,DNS:localhost']
    await run('keytool', ['-genkeypair', '-keyalg', 'RSA', '-validity', '2', ...names, ...common])
    await run('keytool', ['-exportcert', '-rfc', '-file', join(directory, 'broker.pem'), ...common])
  }
})

function trusting(ca: string): { readonly ca: string } {
  return { ca }
}

function secureListener(port: number, ports: NodePorts, keyStore: string): Record<string, string> {
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
  return {
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    listeners: `PLAINTEXT://127.0.0.1:${ports.client},CONTROLLER://127.0.0.1:${ports.controller},SECURE://127.0.0.1:${port}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.client},SECURE://127.0.0.1:${port}`,
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.secure.plain.sasl.jaas.config': `${login} user_ann="${PASSWORD}";`,
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': keyStore,
    'ssl.keystore.password': PASSWORD
  }
}
