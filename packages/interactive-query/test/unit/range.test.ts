/** Ranges over one and several instances. */
import { connect } from 'node:net'
import fc from 'fast-check'
import { expect } from 'chai'
import { serveQueries, type QueryServer } from '@millrace/interactive-query'
import { endOfPrefix } from '../../dist/range-query.js'
import { FakeInstance, get } from './cluster.js'

describe('range', () => {
  let instances: FakeInstance[]
  let servers: QueryServer[]

  async function start(count: number, maxResponseBytes = 1_000_000): Promise<void> {
    instances = Array.from({ length: count }, () => new FakeInstance())
    servers = []
    for (const instance of instances) servers.push(await serveQueries(instance, { port: 0, maxResponseBytes }))
    instances.forEach((instance, index) => {
      instance.self = index
      instance.members = servers.map(server => ({ host: '127.0.0.1', port: server.port }))
    })
  }

  /** Shares the keys out in turn. */
  function fill(keys: readonly string[]): void {
    keys.forEach((key, index) => instances[index % instances.length]?.entries.set(key, index))
  }

  const ask = (query: string, headers?: Record<string, string>, index = 0) =>
    get(`${servers[index]?.url}/stores/counts/keys${query}`, headers)
  const keysOf = (answer: { json: any }): string[] => answer.json.entries.map((entry: { key: string }) => entry.key)

  afterEach(() => Promise.all(servers.map(server => server.close())))

  it('merges the entries of all instances in the order of the keys', async () => {
    await start(3)
    fill(['pear', 'apple', 'fig', 'kiwi', 'date', 'éclair', '😀', '\uFFFD'])
    const answer = await ask('')
    expect(answer.status).to.equal(200)
    expect(keysOf(answer)).to.deep.equal(['apple', 'date', 'fig', 'kiwi', 'pear', 'éclair', '\uFFFD', '😀'])
    expect(answer.json).to.include({ store: 'counts', scope: 'all' })
    expect(answer.json).not.to.have.property('next')
    expect(keysOf(await ask('?reverse=true', {}, 2))).to.deep.equal(keysOf(answer).reverse())
  })

  it('keeps to its bounds, both included', async () => {
    await start(2)
    fill(['a', 'b', 'c', 'd', 'e'])
    expect(keysOf(await ask('?from=b&to=d'))).to.deep.equal(['b', 'c', 'd'])
    expect(keysOf(await ask('?from=b&to=d&reverse=true'))).to.deep.equal(['d', 'c', 'b'])
  })

  it('finds all keys of a prefix and no other', async () => {
    await start(2)
    fill(['re', 'read', 'reZ', 're\u{10FFFF}\u{10FFFF}', 'rf', 'rd', 'r'])
    expect(keysOf(await ask('?prefix=re'))).to.deep.equal(['re', 'reZ', 'read', 're\u{10FFFF}\u{10FFFF}'])
    expect(keysOf(await ask('?prefix=re&reverse=true&limit=2'))).to.deep.equal(['re\u{10FFFF}\u{10FFFF}', 'read'])
  })

  it('pages by limit and the key it says is next', async () => {
    await start(2)
    const keys = Array.from({ length: 25 }, (_, i) => `k${String(i).padStart(2, '0')}`)
    fill(keys)
    const found: string[] = []
    let next: string | undefined = ''
    while (next !== undefined) {
      const answer = await ask(`?limit=10&from=${next}`)
      found.push(...keysOf(answer))
      next = answer.json.next as string | undefined
    }
    expect(found).to.deep.equal(keys)
  })

  it('ends a JSON answer before it grows too large, and says where to go on', async () => {
    await start(1, 300)
    fill(Array.from({ length: 30 }, (_, i) => `k${String(i).padStart(2, '0')}`))
    const answer = await ask('')
    expect(answer.text.length).to.be.lessThan(450)
    expect(answer.json.next).to.equal(`k${String(keysOf(answer).length).padStart(2, '0')}`)
  })

  it('keeps to one instance when asked', async () => {
    await start(2)
    fill(['a', 'b', 'c', 'd'])
    const answer = await ask('?scope=local')
    expect(keysOf(answer)).to.deep.equal(['a', 'c'])
    expect(answer.json.scope).to.equal('local')
  })

  it('has 1,000 entries unless told otherwise, and 10,000 at most', async () => {
    await start(2)
    fill(Array.from({ length: 10_050 }, (_, i) => `k${String(i).padStart(5, '0')}`))
    expect(keysOf(await ask(''))).to.have.length(1000)
    const most = await ask('?limit=10000')
    expect(keysOf(most)).to.have.length(10_000)
    expect(most.json.next).to.equal('k10000')
    for (const limit of ['10001', '0', '-1', 'x', '1e3', '']) {
      const answer = await ask(`?limit=${limit}`)
      expect([answer.status, answer.json.code], limit).to.deep.equal([400, 'RANGE_INVALID'])
    }
  })

  it('refuses what makes no sense', async () => {
    await start(1)
    for (const query of ['?reverse=maybe', '?scope=world', '?prefix=a&from=b', '?prefix=1&type=number']) {
      const answer = await ask(query)
      expect([answer.status, answer.json.code], query).to.deep.equal([400, 'RANGE_INVALID'])
    }
    expect((await ask('?type=blob')).json.code).to.equal('KEY_TYPE_UNKNOWN')
  })

  it('streams lines when asked for NDJSON', async () => {
    await start(2)
    fill(Array.from({ length: 5000 }, (_, i) => `k${String(i).padStart(5, '0')}`))
    const answer = await ask('?limit=3000', { accept: 'application/x-ndjson' })
    expect(answer.headers.get('content-type')).to.equal('application/x-ndjson')
    const lines = answer.text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { key: string; value: number })
    expect(lines.map(line => line.value)).to.deep.equal(Array.from({ length: 3000 }, (_, i) => i))
  })

  it('reads no further than a slow reader takes', async () => {
    await start(1)
    let taken = 0
    const endless = async function* (): AsyncGenerator<[string, string]> {
      for (; taken < 10_000; taken++) yield [`k${String(taken).padStart(5, '0')}`, 'x'.repeat(10_000)]
    }
    instances[0]!.store = () => ({ get: async () => undefined, range: () => endless() })
    const socket = connect(servers[0]!.port, '127.0.0.1')
    socket.write(
      'GET /stores/counts/keys?limit=10000 HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n\r\n'
    )
    await new Promise(resolve => socket.once('readable', resolve))
    let before = -1
    while (before !== taken) {
      before = taken
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    expect(taken).to.be.lessThan(5000)
    socket.destroy()
  })

  it('fails rather than leave an instance out', async () => {
    await start(2)
    fill(['a', 'b'])
    await servers[1]!.close()
    const answer = await ask('')
    expect([answer.status, answer.json.code]).to.deep.equal([503, 'PEER_UNREACHABLE'])
    instances[0]!.state = 'REBALANCING'
    expect((await ask('')).json.code).to.equal('STORE_NOT_READY')
    expect(keysOf(await ask('?scope=local'))).to.deep.equal(['a'])
  })

  it('knows the end of a prefix', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 4 }),
        fc.string({ unit: 'binary', maxLength: 4 }),
        (prefix, other) => {
          const bytes = (value: string) => Buffer.from(value).toString('latin1')
          const end = endOfPrefix(prefix)
          const inside = bytes(other) >= bytes(prefix) && (end === undefined || bytes(other) < bytes(end))
          expect(inside).to.equal(other.startsWith(prefix))
        }
      )
    )
    expect(endOfPrefix('\u{10FFFF}')).to.equal(undefined)
    expect(endOfPrefix('a\uD7FF')).to.equal('a\uE000')
    servers = []
  })
})
