/** The server: what it binds to, whom it answers, its other routes, its errors and its end. */
import { connect, createServer, type AddressInfo } from 'node:net'
import { request as httpRequest } from 'node:http'
import { MillraceError } from '@millrace/core'
import { fastify } from 'fastify'
import { expect } from 'chai'
import { interactiveQueries, MAX_KEY_BYTES, serveQueries, type QueryServer } from '@millrace/interactive-query'
import { FakeInstance, get } from './cluster.js'

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'none'
}

/** Sends a `Host` header that fetch would not let through. */
function withHost(port: number, host: string, path = '/stores'): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, headers: { host } }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

describe('query server', () => {
  let application: FakeInstance
  let server: QueryServer | undefined

  beforeEach(() => {
    application = new FakeInstance()
    application.members = [{ host: 'counts-0.internal', port: 80 }]
  })

  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  it('refuses to answer anybody on an address that others reach', async () => {
    const codes: string[] = []
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.org']) {
      codes.push(await codeOf(serveQueries(application, { port: 0, host })))
    }
    expect(new Set(codes)).to.deep.equal(new Set(['IQ_INSECURE_BIND']))
    for (const options of [{ authorize: () => true }, { insecure: true }]) {
      server = await serveQueries(application, { port: 0, host: '0.0.0.0', ...options })
      expect((await get(`http://127.0.0.1:${server.port}/health/live`)).status).to.equal(200)
      await server.close()
    }
  })

  it('names the port that is taken', async () => {
    const taken = createServer()
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    try {
      await serveQueries(application, { port })
      expect.fail('it listened')
    } catch (error) {
      expect(error).to.include({ code: 'IQ_PORT_IN_USE' })
      expect((error as Error).message).to.include(String(port))
    } finally {
      taken.close()
    }
  })

  it('answers only to names of its own', async () => {
    server = await serveQueries(application, { port: 0, allowedHosts: ['counts.example.org'] })
    const { port } = server
    for (const host of [
      'localhost',
      `localhost:${port}`,
      `127.0.0.1:${port}`,
      '[::1]',
      'counts-0.internal:80',
      'Counts.Example.org'
    ]) {
      expect(await withHost(port, host), host).to.equal(200)
    }
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'localhost:80@evil',
      'a/b',
      '169.254.169.254'
    ]) {
      expect(await withHost(port, host), host).to.be.oneOf([400, 403])
      expect(await withHost(port, host, '/nothing'), host).to.be.oneOf([400, 403])
    }
  })

  it('says nothing that lets a page of another origin read it', async () => {
    server = await serveQueries(application, { port: 0 })
    const answer = await get(`${server.url}/stores`, { origin: 'https://evil.example' })
    expect([...answer.headers.keys()].filter(name => name.startsWith('access-control'))).to.deep.equal([])
    expect(answer.headers.get('x-content-type-options')).to.equal('nosniff')
    expect(answer.headers.get('cache-control')).to.equal('no-store')
  })

  it('asks authorize on every route but liveness', async () => {
    const asked: unknown[] = []
    server = await serveQueries(application, {
      port: 0,
      authorize: ({ operation, store }) => {
        asked.push([operation, store])
        return false
      }
    })
    const routes = [
      '/stores',
      '/stores/counts/keys',
      '/stores/counts/keys/a',
      '/stores/counts/owner/a',
      '/instances',
      '/topology',
      '/health/ready',
      '/nothing'
    ]
    for (const route of routes) {
      const answer = await get(server.url + route)
      expect([answer.status, answer.json.code], route).to.deep.equal([401, 'UNAUTHENTICATED'])
      expect(answer.headers.get('www-authenticate')).to.equal('Bearer')
    }
    expect(asked.slice(0, 4)).to.deep.equal([
      ['describe', undefined],
      ['query', 'counts'],
      ['query', 'counts'],
      ['describe', 'counts']
    ])
    expect((await get(`${server.url}/health/live`)).status).to.equal(200)
  })

  it('tells of stores, owners, instances and the topology', async () => {
    server = await serveQueries(application, { port: 0 })
    expect((await get(`${server.url}/stores`)).json).to.deep.equal({
      stores: [{ name: 'counts', kind: 'key-value', key: 'string', value: 'int64' }]
    })
    expect((await get(`${server.url}/stores/counts/owner/a%2Fb`)).json).to.deep.equal({
      store: 'counts',
      key: 'a/b',
      partition: 0,
      taskId: '1_0',
      owner: 'counts-0.internal:80',
      local: true
    })
    expect((await get(`${server.url}/instances`)).json).to.deep.equal({
      instances: [{ address: 'counts-0.internal:80', local: true, partitions: [{ topic: 'lines', partition: 0 }] }]
    })
    const topology = await get(`${server.url}/topology`)
    expect(topology.headers.get('content-type')).to.match(/^text\/plain/)
    expect(topology.text).to.equal(application.topology.describe())
  })

  it('is live until the application fails, and ready only while it runs', async () => {
    server = await serveQueries(application, { port: 0 })
    const { url } = server
    const health = async (state: string) => {
      application.state = state
      return [(await get(`${url}/health/live`)).status, (await get(`${url}/health/ready`)).status]
    }
    expect(await health('RUNNING')).to.deep.equal([200, 200])
    expect(await health('REBALANCING')).to.deep.equal([200, 503])
    expect(await health('ERROR')).to.deep.equal([503, 503])
  })

  it('asks to come back before the application has started', async () => {
    server = await serveQueries(application, { port: 0 })
    application.instances = application.metadataForKey = () => {
      throw new MillraceError('NOT_RUNNING', 'not yet')
    }
    const answer = await get(`${server.url}/stores/counts/keys/a`)
    expect([answer.status, answer.json.code, answer.headers.get('retry-after')]).to.deep.equal([
      503,
      'NOT_RUNNING',
      '1'
    ])
    expect(await withHost(server.port, 'evil.example')).to.equal(403)
  })

  it('answers every mistake with a problem', async () => {
    server = await serveQueries(application, { port: 0 })
    for (const [path, status, code] of [
      ['/stores/nope/keys/a', 404, 'STORE_NOT_FOUND'],
      ['/stores/nope/keys', 404, 'STORE_NOT_FOUND'],
      ['/stores/__proto__/keys/a', 404, 'STORE_NOT_FOUND'],
      ['/stores/counts/keys/none', 404, 'KEY_NOT_FOUND'],
      ['/nothing', 404, 'ROUTE_NOT_FOUND'],
      ['/stores/counts/keys/%zz', 400, 'FST_ERR_BAD_URL'],
      ['/stores/counts/keys/%ff', 400, 'FST_ERR_BAD_URL'],
      ['/stores/counts/keys/a?type=blob', 400, 'KEY_TYPE_UNKNOWN'],
      [`/stores/counts/keys/${'x'.repeat(MAX_KEY_BYTES + 1)}`, 414, 'KEY_TOO_LARGE'],
      [`/stores/counts/keys/${'x'.repeat(MAX_KEY_BYTES)}`, 404, 'KEY_NOT_FOUND']
    ] as const) {
      const answer = await get(server.url + path)
      expect(answer.headers.get('content-type'), path.slice(0, 60)).to.equal('application/problem+json; charset=utf-8')
      expect(answer.json, path.slice(0, 60)).to.include({ status, code })
      expect(answer.status).to.equal(status)
      expect(answer.json).to.include.keys('type', 'title', 'detail')
    }
  })

  it('does not tell strangers what broke', async () => {
    server = await serveQueries(application, { port: 0 })
    application.metadataForKey = () => {
      throw new Error('password=hunter2')
    }
    const answer = await get(`${server.url}/stores/counts/keys/a`)
    expect([answer.status, answer.json.code]).to.deep.equal([500, 'INTERNAL'])
    expect(answer.text).not.to.include('hunter2')
  })

  it('writes values that JSON has no word for', async () => {
    server = await serveQueries(application, { port: 0 })
    application.entries.set('a', {
      big: 2n ** 60n,
      bytes: Buffer.from('hi'),
      map: new Map([['__proto__', 1]]),
      set: new Set([1])
    })
    expect((await get(`${server.url}/stores/counts/keys/a`)).json.value).to.deep.equal({
      big: '1152921504606846976',
      bytes: 'aGk=',
      map: [['__proto__', 1]],
      set: [1]
    })
  })

  it('closes idle and stuck connections, and more than once', async () => {
    server = await serveQueries(application, { port: 0 })
    const sockets = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')]
    sockets[1]?.write('GET / HTTP/1.1\r\nHost: loc')
    await Promise.all(sockets.map(socket => new Promise(resolve => socket.once('connect', resolve))))
    const ended = Promise.all(
      sockets.map(
        socket =>
          new Promise(resolve =>
            socket
              .resume()
              .on('error', () => undefined)
              .once('close', resolve)
          )
      )
    )
    await Promise.all([server.close(), server.close()])
    await ended
    expect(await codeOf(fetch(server.url).catch((error: Error) => Promise.reject(error.cause as Error)))).to.equal(
      'ECONNREFUSED'
    )
  })

  it('mounts in a server of the user, beside its own routes', async () => {
    const own = fastify()
    await own.register(interactiveQueries, { application, prefix: '/streams' })
    own.get('/mine', () => 'mine')
    application.entries.set('a', 1)
    try {
      expect((await own.inject('/streams/stores/counts/keys/a')).json()).to.include({ value: 1 })
      expect((await own.inject('/mine')).body).to.equal('mine')
      expect((await own.inject({ url: '/mine', headers: { host: 'anything.example' } })).statusCode).to.equal(200)
      expect((await own.inject({ url: '/streams/stores', headers: { host: 'evil.example' } })).statusCode).to.equal(403)
    } finally {
      await own.close()
    }
  })
})
