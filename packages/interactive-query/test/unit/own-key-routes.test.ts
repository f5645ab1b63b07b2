/** Routes of the application's own about one key: from whichever instance is asked, with the checks of the others. */
import { serdes } from '@millrace/core'
import { expect } from 'chai'
import { fastify } from 'fastify'
import { interactiveQueries, keyRoute, serveQueries, type QueryServer } from '@millrace/interactive-query'
import { FakeInstance, get, storeOf } from './cluster.js'

const route = keyRoute({
  path: '/shops/:shop/items/:item/count',
  store: 'counts',
  key: ({ shop, item }) => `${shop}|${item}`,
  answer: (count: number, key, { owner }) => ({ of: key, count, owner })
})

describe('key routes of the application', () => {
  let instances: [FakeInstance, FakeInstance]
  let servers: QueryServer[]

  beforeEach(() => {
    instances = [new FakeInstance(), new FakeInstance()]
    servers = []
  })
  afterEach(() => Promise.all(servers.map(server => server.close())))

  async function start(options: object = {}): Promise<void> {
    for (const instance of instances) {
      servers.push(await serveQueries(instance, { port: 0, keyRoutes: [route], ...options }))
    }
    const members = servers.map(server => ({ host: '127.0.0.1', port: server.port }))
    for (const [self, instance] of instances.entries()) {
      Object.assign(instance, { members, self, ownerOf: (key: string) => (key < 'm' ? 0 : 1) })
    }
  }

  const ask = (index: number, path: string, headers?: Record<string, string>) =>
    get(`${servers[index]!.url}${path}`, headers)
  const address = (index: number) => `127.0.0.1:${servers[index]!.port}`

  it('answer from the own store, or with the answer of the owner', async () => {
    await start()
    instances[0].entries.set('berlin|tea', 3)
    instances[1].entries.set('oslo|tea', 5)
    const own = await ask(0, '/shops/berlin/items/tea/count')
    expect([own.status, own.json]).to.deep.equal([200, { of: 'berlin|tea', count: 3, owner: address(0) }])
    const forwarded = await ask(0, '/shops/oslo/items/tea/count')
    expect(forwarded.json).to.deep.equal({ of: 'oslo|tea', count: 5, owner: address(1) })
    expect(instances.map(({ reads }) => reads)).to.deep.equal([1, 1])
  })

  it('carry any parameter to the owner unchanged', async () => {
    await start()
    for (const item of ['über/x', '%2F', 'a..b', 'a?b#c', ':shop', '中文', '__proto__']) {
      instances[1].entries.set(`z|${item}`, 1)
      const answer = await ask(0, `/shops/z/items/${encodeURIComponent(item)}/count`)
      expect(answer.json, item).to.include({ of: `z|${item}`, count: 1 })
    }
  })

  it('tell a missing key apart from an owner that is not ready', async () => {
    await start()
    const missing = await ask(0, '/shops/oslo/items/none/count')
    expect([missing.status, missing.json.code]).to.deep.equal([404, 'KEY_NOT_FOUND'])
    instances[1].ownerOf = () => 0
    const moving = await ask(0, '/shops/oslo/items/none/count')
    expect([moving.status, moving.json.code]).to.deep.equal([503, 'OWNER_NOT_READY'])
  })

  it('ask authorize about their store, and not about a parameter of that name', async () => {
    const asked: unknown[] = []
    const authorize = ({ operation, store }: { operation: string; store: string | undefined }) => {
      asked.push([operation, store])
      return operation !== 'query'
    }
    const path = '/of/:store/count'
    const named = keyRoute({ path, store: 'counts', key: ({ store }) => store, answer: count => ({ count }) })
    await start({ keyRoutes: [named], authorize })
    expect((await ask(0, '/of/else/count')).status).to.equal(401)
    expect(asked).to.deep.equal([['query', 'counts']])
  })

  it('refuse a key that the store cannot have as the fault of the client', async () => {
    instances = [
      new FakeInstance(storeOf('counts', serdes.int64())),
      new FakeInstance(storeOf('counts', serdes.int64()))
    ]
    const numbered = keyRoute({ path: '/nth/:n', store: 'counts', key: ({ n }) => Number(n), answer: count => count })
    await start({ keyRoutes: [numbered] })
    const answer = await ask(0, '/nth/x')
    expect([answer.status, answer.json.code]).to.deep.equal([400, 'KEY_INVALID'])
  })

  it('are forwarded below the prefix of the plugin', async () => {
    await start()
    const server = fastify()
    await server.register(interactiveQueries, { application: instances[0], keyRoutes: [route], prefix: '/streams' })
    const own = await server.inject({ url: '/streams/shops/berlin/items/tea/count', headers: { host: 'localhost' } })
    expect(own.json()).to.include({ code: 'KEY_NOT_FOUND' })
    // The other instance has them without the prefix, so it knows no such path.
    const other = await server.inject({ url: '/streams/shops/oslo/items/tea/count', headers: { host: 'localhost' } })
    expect(other.json()).to.include({ code: 'PEER_FAILED', ownerStatus: 404 })
    await server.close()
  })

  it('are refused with a path of another form, or for a store that is not there', async () => {
    const codeOf = (changes: object) =>
      serveQueries(instances[0], { port: 0, keyRoutes: [{ ...route, ...changes }] }).then(
        server => server.close(),
        (error: { code: string }) => error.code
      )
    for (const path of ['', '/', 'x', '/a//b', '/a/*', '/a/:', '/a/x:b', '/a/:b(\\d+)', '/a?b', '/a b']) {
      expect(await codeOf({ path }), path).to.equal('IQ_ROUTE_INVALID')
    }
    expect(await codeOf({ store: 'none' })).to.equal('STORE_NOT_FOUND')
  })
})
