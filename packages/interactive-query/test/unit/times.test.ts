/** Windows and sessions of a key, from whichever instance is asked. */
import { MillraceError } from '@millrace/core'
import { expect } from 'chai'
import { serveQueries, type QueryServer } from '@millrace/interactive-query'
import { FakeInstance, get, timedStoreOf } from './cluster.js'

for (const kind of ['window', 'session'] as const) {
  describe(`${kind}s of a key`, () => {
    let instances: FakeInstance[]
    let servers: QueryServer[]

    /** The first has the keys before m. */
    async function start(maxResponseBytes = 1_000_000): Promise<void> {
      instances = [0, 1].map(() => new FakeInstance(timedStoreOf(kind, 'visits')))
      servers = []
      for (const instance of instances) servers.push(await serveQueries(instance, { port: 0, maxResponseBytes }))
      instances.forEach((instance, self) => {
        const members = servers.map(({ port }) => ({ host: '127.0.0.1', port }))
        Object.assign(instance, { self, members, ownerOf: (key: string) => (key < 'm' ? 0 : 1) })
      })
    }

    const list = `${kind}s`
    const ask = (path: string, headers?: Record<string, string>, index = 0) =>
      get(`${servers[index]?.url}/stores/visits/${list}/${path}`, headers)
    const entry = (start: number, value: unknown) => ({ start, end: start + (kind === 'window' ? 10 : 5), value })
    const fill = (index: number, key: string, starts: readonly number[]) =>
      instances[index]!.times.set(
        key,
        starts.map((start, i) => entry(start, i))
      )
    const problemOf = async (path: string, headers?: Record<string, string>) => {
      const { status, json } = await ask(path, headers)
      return [status, json.code]
    }

    afterEach(() => Promise.all(servers.map(server => server.close())))

    it('come from the own store, or from the owner of the key', async () => {
      await start()
      fill(0, 'ann', [0, 10, 20])
      fill(1, 'zoe', [30, 40])
      const own = await ask('ann')
      expect(own.status).to.equal(200)
      const owner = (index: number) => `127.0.0.1:${servers[index]!.port}`
      expect(own.json).to.deep.equal({
        store: 'visits',
        key: 'ann',
        partition: 0,
        taskId: '1_0',
        owner: owner(0),
        [list]: [entry(0, 0), entry(10, 1), entry(20, 2)]
      })
      const forwarded = await ask('zoe')
      expect(forwarded.json).to.deep.equal({
        store: 'visits',
        key: 'zoe',
        partition: 1,
        taskId: '1_1',
        owner: owner(1),
        [list]: [entry(30, 0), entry(40, 1)]
      })
      expect(instances.map(({ reads }) => reads)).to.deep.equal([1, 1])
      expect((await ask('nobody')).json[list]).to.deep.equal([])
    })

    it('keep to the times asked for, both ways, wherever they are', async () => {
      await start()
      for (const [index, key] of [
        [0, 'ann'],
        [1, 'zoe']
      ] as const) {
        fill(index, key, [0, 10, 20, 30])
        const starts = async (query: string) =>
          (await ask(`${key}?${query}`)).json[list].map((each: { start: number }) => each.start)
        expect(await starts('from=10&to=20')).to.deep.equal([10, 20])
        expect(await starts('from=10&to=29&reverse=true')).to.deep.equal([20, 10])
        expect(await starts('to=0')).to.deep.equal([0])
      }
    })

    it('are paged by limit and where to go on, both ways', async () => {
      await start()
      fill(1, 'zoe', [0, 10, 20, 30, 40])
      for (const reverse of [false, true]) {
        const found: number[] = []
        let page = ''
        do {
          const { json } = await ask(`zoe?limit=2&reverse=${reverse}${page}`)
          expect(json[list].length).to.be.at.most(2)
          found.push(...json[list].map(({ start }: { start: number }) => start))
          page = json.next === undefined ? '' : `&${reverse ? 'to' : 'from'}=${json.next}`
        } while (page !== '')
        expect(found).to.deep.equal(reverse ? [40, 30, 20, 10, 0] : [0, 10, 20, 30, 40])
      }
    })

    it('end before the answer grows too large', async () => {
      await start(300)
      fill(
        0,
        'ann',
        Array.from({ length: 50 }, (_, i) => i * 10)
      )
      const { json, text } = await ask('ann')
      expect(text.length).to.be.below(500)
      expect(json.next).to.be.a('number')
    })

    it('are streamed as lines when asked for NDJSON, from the owner too', async () => {
      await start()
      const starts = Array.from({ length: 3000 }, (_, i) => i * 10)
      fill(1, 'zoe', starts)
      const { headers, text } = await ask('zoe?limit=2900', { accept: 'application/x-ndjson' })
      expect(headers.get('content-type')).to.equal('application/x-ndjson')
      const lines = text.trimEnd().split('\n')
      expect(lines.map(line => (JSON.parse(line) as { start: number }).start)).to.deep.equal(starts.slice(0, 2900))
    })

    it('carry any key to the owner unchanged', async () => {
      await start()
      for (const key of ['z/b', 'z%2F', 'z..', 'z?b#c', '中文', 'zoë&from=9']) {
        fill(1, key, [10])
        const answer = await ask(`${encodeURIComponent(key)}?from=0`)
        expect([answer.json.key, answer.json[list]], key).to.deep.equal([key, [entry(10, 0)]])
      }
    })

    it('are refused with the problems of the other routes', async () => {
      await start()
      for (const query of [
        'from=x',
        'to=-1',
        'from=1.5',
        'from=99999999999999999',
        'limit=0',
        'limit=10001',
        'reverse=2'
      ]) {
        expect(await problemOf(`ann?${query}`), query).to.deep.equal([400, 'RANGE_INVALID'])
      }
      expect(await problemOf('ann?type=blob')).to.deep.equal([400, 'KEY_TYPE_UNKNOWN'])
      const other = kind === 'window' ? 'sessions' : 'windows'
      const root = `${servers[0]!.url}/stores`
      for (const path of [`visits/${other}/ann`, 'visits/keys/ann', 'visits/keys']) {
        expect((await get(`${root}/${path}`)).json.code, path).to.equal('STORE_KIND_MISMATCH')
      }
      expect((await get(`${root}/none/${list}/ann`)).json.code).to.equal('STORE_NOT_FOUND')
      expect(await problemOf('zoe', { 'millrace-forwarded': '1' })).to.deep.equal([421, 'NOT_OWNER'])
      instances[0]!.failure = new MillraceError('STORE_NOT_READY', 'restoring')
      expect(await problemOf('ann')).to.deep.equal([503, 'STORE_NOT_READY'])
      instances[1]!.failure = instances[0]!.failure
      expect(await problemOf('zoe')).to.deep.equal([503, 'OWNER_NOT_READY'])
      await servers[1]!.close()
      expect(await problemOf('zoe')).to.deep.equal([503, 'PEER_UNREACHABLE'])
      instances[0]!.ownerOf = () => undefined
      expect(await problemOf('ann')).to.deep.equal([503, 'OWNER_UNKNOWN'])
    })
  })
}
