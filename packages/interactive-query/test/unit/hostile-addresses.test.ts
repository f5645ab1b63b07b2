/** Addresses that a forged member could advertise. */
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { serveQueries, type QueryServer } from '@millrace/interactive-query'
import { parsePeerAddress } from '../../dist/peer-address.js'
import { FakeInstance, get } from './cluster.js'

const FORGED: readonly (readonly [host: string, port: number])[] = [
  ['169.254.169.254', 80],
  ['[::ffff:169.254.169.254]', 80],
  ['::ffff:a9fe:a9fe', 80],
  ['0.0.0.0', 80],
  ['[::]', 80],
  ['224.0.0.1', 80],
  ['255.255.255.255', 80],
  ['fe80::1%eth0', 80],
  ['fe80::1', 80],
  ['fd00:ec2::254', 80],
  ['100.100.100.200', 80],
  ['2852039166', 80],
  ['0xa9fea9fe', 80],
  ['0251.0376.0251.0376', 80],
  ['127.1', 80],
  ['169.254.43518', 80],
  ['user@10.0.0.1', 80],
  ['10.0.0.1/../admin', 80],
  ['10.0.0.1#', 80],
  ['10.0.0.1?', 80],
  ['a b', 80],
  ['a\r\nHost: b', 80],
  ['', 80],
  ['-a', 80],
  ['a..b', 80],
  ['a.', 80],
  ['[::1', 80],
  ['[a]', 80],
  ['ex%61mple', 80],
  ['exämple', 80],
  ['a'.repeat(64), 80],
  ['10.0.0.1', 0],
  ['10.0.0.1', 65536],
  ['10.0.0.1', -1],
  ['10.0.0.1', 80.5],
  ['10.0.0.1', Number.NaN]
]

describe('hostile addresses', () => {
  it('are refused by the grammar', () => {
    for (const [host, port] of FORGED) expect(parsePeerAddress(host, port), `${host}:${port}`).to.equal(undefined)
  })

  it('leave room for plain names and addresses', () => {
    for (const [host, authority] of [
      ['pod-0.counts.default.svc.cluster.local', 'pod-0.counts.default.svc.cluster.local:80'],
      ['LOCALHOST', 'localhost:80'],
      ['10.1.2.3', '10.1.2.3:80'],
      ['::1', '[::1]:80'],
      ['[2001:DB8::1]', '[2001:db8::1]:80'],
      ['1password.com', '1password.com:80']
    ] as const) {
      expect(parsePeerAddress(host, 80)?.authority, host).to.equal(authority)
    }
  })

  describe('in the group', () => {
    let server: QueryServer
    let listener: Server
    let connections: number
    const instance = new FakeInstance()

    beforeEach(async () => {
      connections = 0
      listener = createServer(socket => {
        connections++
        socket.destroy()
      })
      await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
      server = await serveQueries(instance, { port: 0, peerTimeoutMs: 300 })
      instance.ownerOf = () => 1
    })

    afterEach(async () => {
      await server.close()
      listener.close()
    })

    const trap = () => (listener.address() as AddressInfo).port

    async function ask(own: string, forged: { host: string; port: number }) {
      instance.members = [{ host: own, port: server.port }, forged]
      return get(`${server.url}/stores/counts/keys/the`)
    }

    it('are never connected to', async () => {
      for (const [host, port] of FORGED) {
        const answer = await ask('127.0.0.1', { host, port })
        expect([answer.status, answer.json.code], `${host}:${port}`).to.deep.equal([502, 'PEER_REFUSED'])
      }
      const port = trap()
      for (const host of ['127.1', '2130706433', '0x7f.1', 'a@127.0.0.1', '0.0.0.0', '[::ffff:0.0.0.0]']) {
        expect((await ask('127.0.0.1', { host, port })).json.code, host).to.equal('PEER_REFUSED')
      }
      expect(connections).to.equal(0)
    })

    it('may be loopback only among instances that are', async () => {
      const port = trap()
      for (const host of ['127.0.0.1', 'localhost', '127.8.8.8', '[::1]', '::ffff:127.0.0.1']) {
        expect((await ask('10.0.0.7', { host, port })).json.code, host).to.equal('PEER_REFUSED')
      }
      expect(connections).to.equal(0)
      await ask('127.0.0.1', { host: '127.0.0.1', port })
      expect(connections).to.be.greaterThan(0)
    })
  })
})
