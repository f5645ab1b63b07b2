/** Asks an instance for the counts of keys over HTTP, many at once, on connections that stay open. */
import { Agent, get } from 'node:http'
import { scattered } from './streams/workload.js'

const CONNECTIONS = 32

/** What `GET /stores/:store/keys/:key` answers. */
interface Answer {
  readonly key: string
  readonly value: number
  readonly owner: string
}

/** Thrown for an answer that says to ask again. */
export class NotReady extends Error {}

export class QueryClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  readonly #url: string
  readonly #store: string
  readonly #largest = new Map<string, number>()

  constructor(url: string, store: string) {
    this.#url = url
    this.#store = store
  }

  /** The largest count that was answered for each key. */
  get largest(): ReadonlyMap<string, number> {
    return this.#largest
  }

  /** Who owns each of the keys. Throws `NotReady` where one is not answered. */
  async owners(keys: readonly string[]): Promise<Map<string, string>> {
    const owners = new Map<string, string>()
    const left = [...keys]
    await this.#together(async () => {
      for (let key = left.pop(); key !== undefined; key = left.pop()) owners.set(key, (await this.#ask(key)).owner)
    })
    return owners
  }

  /** Asks for random ones of the keys for so long. Resolves with the milliseconds that each answer took. */
  async askFor(ms: number, keys: readonly string[]): Promise<Float64Array> {
    const latencies: number[] = []
    const until = performance.now() + ms
    let asked = 0
    await this.#together(async () => {
      for (let start = performance.now(); start < until; start = performance.now()) {
        await this.#ask(keys[scattered(asked++, keys.length)]!)
        latencies.push(performance.now() - start)
      }
    })
    return Float64Array.from(latencies)
  }

  close(): void {
    this.#agent.destroy()
  }

  async #together(each: () => Promise<void>): Promise<void> {
    await Promise.all(Array.from({ length: CONNECTIONS }, each))
  }

  async #ask(key: string): Promise<Answer> {
    const { status, text } = await this.#get(`/stores/${this.#store}/keys/${encodeURIComponent(key)}`)
    // A key the instance has not counted yet is not there yet.
    if (status === 503 || status === 404) throw new NotReady(text)
    const answer = JSON.parse(text) as Answer
    if (status !== 200 || answer.key !== key || !(answer.value >= 1))
      throw new Error(`asked for ${key}, and the answer was ${status}: ${text}`)
    if (answer.value > (this.#largest.get(key) ?? 0)) this.#largest.set(key, answer.value)
    return answer
  }

  #get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const request = get(this.#url + path, { agent: this.#agent }, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => (text += part))
        response.once('end', () => resolve({ status: response.statusCode!, text }))
        response.once('error', reject)
      })
      request.once('error', reject)
    })
  }
}
