/** Questions about keys that instances pass on to one another, several in a request. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveQueries, type QueryServer, type ServeQueriesOptions } from '@millrace/interactive-query'
import { expect } from 'chai'
import { signRequest } from '../../dist/peer-signature.js'
import { type Answer, FakeInstance, get } from './cluster.js'

const KEYS = '/stores/:store/keys/*'
const question = (key: string) => JSON.stringify([KEYS, { store: 'counts', '*': key }])
const value = (key: string) => `200 {"value":"${key}"}`
const outcome = ({ status, json }: Answer): [number, unknown] => [status, json.code ?? json.value]

describe('questions on their way to the owner of their keys', () => {
  let instance: FakeInstance
  let server: QueryServer
  let owner: Server
  /** The keys of each request, as they came. */
  let asked: string[][]
  let answer: (keys: string[], response: ServerResponse) => void
  let received: () => void

  async function start(options: Partial<ServeQueriesOptions> = {}): Promise<void> {
    server = await serveQueries(instance, { port: 0, ...options })
    const { port } = owner.address() as AddressInfo
    instance.members = [
      { host: '127.0.0.1', port: server.port },
      { host: '127.0.0.1', port }
    ]
    instance.ownerOf = () => 1
  }

  beforeEach(async () => {
    instance = new FakeInstance()
    asked = []
    received = () => {}
    answer = (keys, response) => response.end(keys.map(key => `${value(key)}\n`).join(''))
    owner = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (part: string) => (body += part))
      request.on('end', () => {
        const lines = body.trimEnd().split('\n')
        const keys = lines.map(line => (JSON.parse(line) as [string, { '*': string }])[1]['*'])
        asked.push(keys)
        received()
        answer(keys, response)
      })
    })
    await new Promise<void>(resolve => owner.listen(0, '127.0.0.1', resolve))
  })

  afterEach(async () => {
    await server.close()
    owner.closeAllConnections()
    owner.close()
  })

  const ask = (key: string) => get(`${server.url}/stores/counts/keys/${key}`)
  const requests = (count: number) =>
    new Promise<void>(resolve => {
      received = () => void (asked.length >= count && resolve())
      received()
    })

  /** Four requests that wait for an answer, and the questions that come meanwhile. */
  async function whileTheOwnerIsBusy(keys: readonly string[]) {
    const busy: (() => void)[] = []
    answer = (answered, response) => busy.push(() => response.end(answered.map(key => `${value(key)}\n`).join('')))
    const first: Promise<Answer>[] = []
    for (const key of ['a', 'b', 'c', 'd']) {
      first.push(ask(key))
      await requests(first.length)
    }
    const here = new Set<unknown>()
    instance.ownerOf = key => {
      here.add(key)
      return 1
    }
    const others = keys.map(ask)
    while (here.size < keys.length) await new Promise(resolve => setImmediate(resolve))
    return { busy, first, others }
  }

  it('share a request when the owner is busy, and each client gets its own answer', async () => {
    await start()
    const keys = ['e', 'f', 'g', 'h', 'i']
    const { busy, first, others } = await whileTheOwnerIsBusy(keys)
    expect(asked).to.deep.equal([['a'], ['b'], ['c'], ['d']])
    answer = (answered, response) => response.end(answered.map(key => `${value(key)}\n`).join(''))
    for (const go of busy) go()
    expect((await Promise.all([...first, ...others])).map(outcome)).to.deep.equal(
      ['a', 'b', 'c', 'd', ...keys].map(key => [200, key])
    )
    expect(asked.slice(4).flat()).to.have.members(keys)
    expect(asked.length).to.be.lessThan(4 + keys.length)
  })

  it('fare each for itself: one that is missing, refused, too large or of no use is nothing to the others', async () => {
    await start({ maxResponseBytes: 1000 })
    const lines = new Map([
      ['e', value('e')],
      ['f', '404 {"code":"KEY_NOT_FOUND"}'],
      ['g', '421 {"code":"NOT_OWNER"}'],
      ['h', '503 {"code":"STORE_NOT_READY"}'],
      ['i', `200 "${'x'.repeat(1000)}"`],
      ['j', '200 <script>'],
      ['k', '500 {"code":"INTERNAL"}'],
      ['l', value('l')]
    ])
    const { busy, first, others } = await whileTheOwnerIsBusy([...lines.keys()])
    answer = (keys, response) => response.end(keys.map(key => `${lines.get(key)!}\n`).join(''))
    for (const go of busy) go()
    await Promise.all(first)
    expect((await Promise.all(others)).map(outcome)).to.deep.equal([
      [200, 'e'],
      [404, 'KEY_NOT_FOUND'],
      [503, 'OWNER_NOT_READY'],
      [503, 'OWNER_NOT_READY'],
      [502, 'PEER_ANSWER_TOO_LARGE'],
      [502, 'PEER_FAILED'],
      [502, 'PEER_FAILED'],
      [200, 'l']
    ])
  })

  for (const [what, written, code] of [
    ['no answer', '', 'PEER_FAILED'],
    ['no status', '{"value":"e"}\n', 'PEER_FAILED'],
    ['no JSON', '200 <script>', 'PEER_FAILED'],
    ['too much', `200 ${'x'.repeat(1001)}`, 'PEER_ANSWER_TOO_LARGE']
  ] as const) {
    it(`fail where the owner writes ${what}`, async () => {
      await start({ maxResponseBytes: 1000 })
      answer = (_keys, response) => response.end(written)
      expect(outcome(await ask('e'))).to.deep.equal([502, code])
    })
  }

  it('are answered as far as the owner came before it broke off', async () => {
    await start()
    const { busy, first, others } = await whileTheOwnerIsBusy(['e', 'f', 'g'])
    answer = (keys, response) => {
      response.write(`${value(keys[0]!)}\n`)
      setImmediate(() => response.destroy())
    }
    // One after the other, so that all that waits goes with the first that is done.
    busy[0]!()
    const answered = await Promise.all(others)
    expect(answered.filter(({ status }) => status === 200).length).to.equal(asked.length - 4)
    for (const { status, json } of answered)
      if (status !== 200) expect([status, json.code]).to.deep.equal([503, 'PEER_UNREACHABLE'])
    for (const go of busy) go()
    await Promise.all(first)
  })

  it('are given up after the time-out, also those that were not sent yet, and later ones are asked', async () => {
    await start({ peerTimeoutMs: 300 })
    const { first, others } = await whileTheOwnerIsBusy(['e', 'f'])
    for (const each of [...first, ...others]) expect(outcome(await each)).to.deep.equal([503, 'PEER_UNREACHABLE'])
    answer = (keys, response) => response.end(keys.map(key => `${value(key)}\n`).join(''))
    expect(outcome(await ask('z'))).to.deep.equal([200, 'z'])
    expect(asked.at(-1)).to.deep.equal(['z'])
  })
})

describe('POST /forwarded-keys', () => {
  let instance: FakeInstance
  let server: QueryServer

  async function start(options: Partial<ServeQueriesOptions> = {}): Promise<void> {
    instance = new FakeInstance()
    instance.members = [{ host: '127.0.0.1', port: 1 }]
    instance.entries.set('the', 9)
    server = await serveQueries(instance, { port: 0, ...options })
  }

  afterEach(() => server.close())

  async function post(
    body: string,
    headers: Record<string, string> = {}
  ): Promise<{ status: number; lines: string[] }> {
    const all = { 'content-type': 'application/x-millrace-keys', 'millrace-forwarded': '1', ...headers }
    const response = await fetch(`${server.url}/forwarded-keys`, { method: 'POST', body, headers: all })
    return { status: response.status, lines: (await response.text()).split('\n') }
  }

  function signed(body: string, secret = 'correct horse'): Record<string, string> {
    const authority = `127.0.0.1:${server.port}`
    const request = { method: 'POST', authority, path: '/forwarded-keys', body }
    return { 'millrace-signature': signRequest(secret, request, Date.now()) }
  }

  it('answers each question with a line, in their order', async () => {
    await start()
    instance.ownerOf = key => (key === 'moved' ? undefined : 0)
    const numbered = JSON.stringify([KEYS, { store: 'counts', '*': 'x' }, 'number'])
    const strange = JSON.stringify(['/nothing/:here', { here: 'x' }])
    const asked = [question('the'), question('none'), question('moved'), numbered, strange, question('the')]
    const { status, lines } = await post(asked.map(line => `${line}\n`).join(''))
    expect(status).to.equal(200)
    expect(lines.pop()).to.equal('')
    const told = lines.map(line => {
      const json = JSON.parse(line.slice(4)) as { code?: string; value?: number }
      return `${line.slice(0, 3)} ${json.code ?? json.value}`
    })
    expect(told).to.deep.equal([
      '200 9',
      '404 KEY_NOT_FOUND',
      '503 OWNER_UNKNOWN',
      '400 KEY_INVALID',
      '404 ROUTE_NOT_FOUND',
      '200 9'
    ])
  })

  it('is for instances only, in their format only', async () => {
    await start()
    const response = await fetch(`${server.url}/forwarded-keys`, {
      method: 'POST',
      body: `${question('the')}\n`,
      headers: { 'content-type': 'application/x-millrace-keys' }
    })
    expect(response.status).to.equal(403)
    expect((await post(`${question('the')}\n`, { 'content-type': 'text/plain' })).status).to.equal(400)
    expect((await post(`${question('the')}\n`, { 'content-type': 'text/html' })).status).to.equal(415)
    for (const body of ['x\n', '[]\n', '["a"]\n', '["a",null]\n', '["a",{"b":1}]\n', '["a",{},1]\n', '{}\n']) {
      expect((await post(body)).status, body).to.equal(400)
    }
    expect((await post('x'.repeat(300_000))).status).to.equal(413)
  })

  it('takes a signature for these questions only, and none that is forged', async () => {
    await start({ authorize: () => false, peerSecret: 'correct horse' })
    const body = `${question('the')}\n`
    expect((await post(body, signed(body))).status).to.equal(200)
    expect((await post(body)).status).to.equal(401)
    expect((await post(`${question('none')}\n`, signed(body))).status).to.equal(401)
    expect((await post(body, signed(body, 'another'))).status).to.equal(401)
  })

  it('asks authorize about each store where instances have no secret', async () => {
    const asked: unknown[] = []
    await start({ authorize: ({ operation, store }) => asked.push([operation, store]) > 0 })
    const body = `${question('the')}\n${question('none')}\n`
    expect((await post(body)).status).to.equal(200)
    expect(asked).to.deep.equal([['query', 'counts']])
  })
})
