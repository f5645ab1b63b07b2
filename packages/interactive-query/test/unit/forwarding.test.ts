/** Keys answered by whichever instance is asked, over real HTTP servers. */
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MillraceError } from '@millrace/core'
import { expect } from 'chai'
import { serveQueries, type QueryServer, type ServeQueriesOptions } from '@millrace/interactive-query'
import { FakeInstance, get, int64, storeOf } from './cluster.js'

describe('forwarding', () => {
  let first: FakeInstance
  let second: FakeInstance
  let servers: QueryServer[]
  const others: Server[] = []

  async function start(options: Partial<ServeQueriesOptions> = {}): Promise<void> {
    servers = []
    for (const instance of [first, second]) servers.push(await serveQueries(instance, { port: 0, ...options }))
    const members = servers.map(server => ({ host: '127.0.0.1', port: server.port }))
    first.members = members
    second.members = members
    second.self = 1
    const owner = (key: unknown) => (String(key) < 'm' ? 0 : 1)
    first.ownerOf = owner
    second.ownerOf = owner
  }

  /** A server that is no instance; it notes the headers it gets. */
  async function stranger(answer: (url: string) => { status: number; body: string; headers?: Record<string, string> }) {
    const seen: { url: string; headers: IncomingHttpHeaders }[] = []
    const server = createServer((incoming, response) => {
      seen.push({ url: incoming.url ?? '', headers: incoming.headers })
      const { status, body, headers } = answer(incoming.url ?? '')
      response.writeHead(status, headers).end(body)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    others.push(server)
    return { seen, port: (server.address() as AddressInfo).port }
  }

  const url = (index: number, path: string) => `${servers[index]?.url}${path}`

  beforeEach(() => {
    first = new FakeInstance()
    second = new FakeInstance()
    servers = []
  })

  afterEach(async () => {
    await Promise.all(servers.map(server => server.close()))
    for (const server of others.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
  })

  it('answers for a key of its own', async () => {
    await start()
    first.entries.set('the', 9).set('a', 3)
    const answer = await get(url(0, '/stores/counts/keys/a'))
    expect(answer.status).to.equal(200)
    expect(answer.json).to.deep.equal({
      store: 'counts',
      key: 'a',
      value: 3,
      partition: 0,
      taskId: '1_0',
      owner: `127.0.0.1:${servers[0]?.port}`
    })
  })

  it('asks the owner for a key of another instance, and only once', async () => {
    await start()
    second.entries.set('the', 9)
    const answer = await get(url(0, '/stores/counts/keys/the'))
    expect(answer.status).to.equal(200)
    expect(answer.json.value).to.equal(9)
    expect(answer.json.owner).to.equal(`127.0.0.1:${servers[1]?.port}`)
    expect([first.reads, second.reads]).to.deep.equal([0, 1])
  })

  it('carries any key to the owner unchanged', async () => {
    await start()
    for (const key of [
      'über/../x',
      '..',
      '.',
      'z?type=json#y',
      'z%2Fz',
      'zz zz',
      '中文',
      '__proto__',
      'z\u0000',
      'x'.repeat(3000)
    ]) {
      second.ownerOf = first.ownerOf = () => 1
      second.entries.set(key, 1)
      const path = `/stores/counts/keys/${encodeURIComponent(key).replaceAll('.', '%2E')}`
      const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
        httpRequest({ host: '127.0.0.1', port: servers[0]?.port, path }, response => {
          let body = ''
          response
            .setEncoding('utf8')
            .on('data', (part: string) => (body += part))
            .on('end', () => resolve({ status: response.statusCode ?? 0, body }))
        })
          .on('error', reject)
          .end()
      })
      expect(answer.status, key).to.equal(200)
      expect(JSON.parse(answer.body).key).to.equal(key)
    }
  })

  it('tells a missing key of another instance apart from a failure', async () => {
    await start()
    const answer = await get(url(0, '/stores/counts/keys/zebra'))
    expect(answer.status).to.equal(404)
    expect(answer.headers.get('content-type')).to.match(/^application\/problem\+json/)
    expect(answer.json).to.include({ type: 'about:blank', title: 'Not Found', status: 404, code: 'KEY_NOT_FOUND' })
  })

  it('refuses to forward a forwarded request, and names the owner', async () => {
    await start()
    const answer = await get(url(0, '/stores/counts/keys/the'), { 'millrace-forwarded': '1' })
    expect(answer.status).to.equal(421)
    expect(answer.json).to.include({ code: 'NOT_OWNER', owner: `127.0.0.1:${servers[1]?.port}` })
    expect(second.reads).to.equal(0)
  })

  it('ends at once where two instances each think the other is the owner', async () => {
    await start()
    first.ownerOf = () => 1
    second.ownerOf = () => 0
    const answer = await get(url(0, '/stores/counts/keys/the'))
    expect(answer.status).to.equal(503)
    expect(answer.json.code).to.equal('OWNER_NOT_READY')
    expect(answer.headers.get('retry-after')).to.equal('1')
    expect([first.reads, second.reads]).to.deep.equal([0, 0])
  })

  it('asks the client to come back while nobody owns the key, or its store is restored', async () => {
    await start()
    first.ownerOf = () => undefined
    const unowned = await get(url(0, '/stores/counts/keys/the'))
    expect([unowned.status, unowned.json.code, unowned.headers.get('retry-after')]).to.deep.equal([
      503,
      'OWNER_UNKNOWN',
      '1'
    ])
    first.ownerOf = () => 0
    first.failure = new MillraceError('STORE_NOT_READY', 'restoring')
    const restoring = await get(url(0, '/stores/counts/keys/the'))
    expect([restoring.status, restoring.json.code, restoring.headers.get('retry-after')]).to.deep.equal([
      503,
      'STORE_NOT_READY',
      '1'
    ])
    first.ownerOf = () => 1
    second.failure = first.failure
    const remote = await get(url(0, '/stores/counts/keys/the'))
    expect([remote.status, remote.json.code, remote.headers.get('retry-after')]).to.deep.equal([
      503,
      'OWNER_NOT_READY',
      '1'
    ])
  })

  it('says so within its time-out when the owner does not answer', async () => {
    await start({ peerTimeoutMs: 200 })
    await servers[1]?.close()
    const gone = await get(url(0, '/stores/counts/keys/the'))
    expect([gone.status, gone.json.code]).to.deep.equal([503, 'PEER_UNREACHABLE'])

    const silent = createServer(() => undefined)
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    others.push(silent)
    first.members = [first.members[0]!, { host: '127.0.0.1', port: (silent.address() as AddressInfo).port }]
    const stuck = await get(url(0, '/stores/counts/keys/the'))
    expect([stuck.status, stuck.json.code]).to.deep.equal([503, 'PEER_UNREACHABLE'])
  })

  it('follows no redirect, takes no oversized answer, and relays only JSON', async () => {
    await start({ maxResponseBytes: 1000 })
    const target = await stranger(() => ({ status: 200, body: '{"value":"secret"}' }))
    let reply = {
      status: 302,
      body: '',
      headers: { location: `http://127.0.0.1:${target.port}/` } as Record<string, string>
    }
    const forged = await stranger(() => reply)
    first.members = [first.members[0]!, { host: '127.0.0.1', port: forged.port }]
    const codes: unknown[] = []
    for (const next of [
      reply,
      { status: 200, body: `200 ${'x'.repeat(1001)}`, headers: {} },
      { status: 200, body: '<script>', headers: {} },
      { status: 500, body: '{}', headers: {} }
    ]) {
      reply = next
      const answer = await get(url(0, '/stores/counts/keys/the'))
      codes.push([answer.status, answer.json.code])
    }
    expect(codes).to.deep.equal([
      [502, 'PEER_FAILED'],
      [502, 'PEER_ANSWER_TOO_LARGE'],
      [502, 'PEER_FAILED'],
      [502, 'PEER_FAILED']
    ])
    expect(target.seen).to.have.length(0)
  })

  it('passes neither credentials nor cookies of the client on, nor the shared secret', async () => {
    await start({ authorize: () => true, peerSecret: 'correct horse' })
    const forged = await stranger(() => ({ status: 404, body: '' }))
    first.members = [first.members[0]!, { host: '127.0.0.1', port: forged.port }]
    await get(url(0, '/stores/counts/keys/the'), { authorization: 'Bearer token-of-client', cookie: 'session=1' })
    expect(forged.seen).to.have.length(1)
    const headers = forged.seen[0]?.headers ?? {}
    expect(headers).to.include.keys('millrace-forwarded', 'millrace-signature')
    expect(headers).not.to.have.any.keys('authorization', 'cookie')
    expect(JSON.stringify(headers)).not.to.match(/token-of-client|session|correct horse/)
  })

  it('lets a signed forward pass where clients need credentials, and nothing else', async () => {
    const authorize = ({ headers }: { headers: Readonly<Record<string, unknown>> }) =>
      headers.authorization === 'Bearer good'
    await start({ authorize, peerSecret: 'correct horse' })
    second.entries.set('the', 9)
    const path = '/stores/counts/keys/the'
    expect((await get(url(0, path), { authorization: 'Bearer good' })).json.value).to.equal(9)
    expect((await get(url(0, path))).status).to.equal(401)
    expect((await get(url(0, path), { authorization: 'Bearer bad' })).status).to.equal(403)
    const forged = await get(url(1, path), {
      'millrace-forwarded': '1',
      'millrace-signature': `t=${Date.now()},s=${'A'.repeat(43)}`
    })
    expect(forged.status).to.equal(401)
  })

  it('says what is missing when instances ask one another without a shared secret', async () => {
    await start({ authorize: ({ headers }) => headers.authorization === 'Bearer good' })
    const answer = await get(url(0, '/stores/counts/keys/the'), { authorization: 'Bearer good' })
    expect([answer.status, answer.json.code]).to.deep.equal([502, 'PEER_UNAUTHORIZED'])
  })

  it('reads number keys where the store has them', async () => {
    first = new FakeInstance(storeOf('counts', int64))
    second = new FakeInstance(storeOf('counts', int64))
    await start()
    second.ownerOf = first.ownerOf = key => (key === 42 ? 1 : 0)
    second.entries.set(42, 7)
    expect((await get(url(0, '/stores/counts/keys/42'))).json).to.include({ key: 42, value: 7 })
    const wrong = await get(url(0, '/stores/counts/keys/x42'))
    expect([wrong.status, wrong.json.code]).to.deep.equal([400, 'KEY_INVALID'])
  })
})
