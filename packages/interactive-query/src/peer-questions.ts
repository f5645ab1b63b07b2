/** Questions about keys on their way to one instance: those that come within a turn of the loop, or while it is busy, share a request. */
import { EventEmitter } from 'node:events'
import type { Dispatcher } from 'undici'
import { answerTooLarge, answerUnreadable } from './peer-problems.js'
import { readLines } from './read-lines.js'

/** The answer to one question, or the refusal of all that were asked with it. */
export interface PeerAnswer {
  readonly status: number
  readonly body: Buffer
}

export interface PeerQuestionsOptions {
  /** From the question to its answer. */
  readonly timeoutMs: number
  /** Of one answer. */
  readonly maxResponseBytes: number
  /** The instance's address, as problems show it. */
  readonly owner: string
}

/** At once. With more, requests would be smaller, and cost more. */
const MOST_REQUESTS = 4
/** Of one request; the other end has a limit of bytes too. */
const MOST_QUESTIONS = 64
const MOST_CHARACTERS = 32 * 1024
/** `200 ` before an answer. */
const STATUS_BYTES = 4

interface Question {
  readonly line: string
  /** By `performance.now()`. */
  readonly due: number
  request: Request | undefined
  resolve(answer: PeerAnswer): void
  reject(error: unknown): void
}

interface Request {
  readonly questions: readonly Question[]
  /** How many of them are open. */
  open: number
  readonly abort: EventEmitter
}

export class PeerQuestions {
  readonly #options: PeerQuestionsOptions
  readonly #post: (body: string, abort: EventEmitter) => Promise<Dispatcher.ResponseData>
  /** Without an answer, in the order in which they were asked. */
  readonly #open = new Set<Question>()
  #waiting: Question[] = []
  #requests = 0
  #scheduled = false
  #timer: NodeJS.Timeout | undefined

  constructor(
    options: PeerQuestionsOptions,
    modules: { readonly post: (body: string, abort: EventEmitter) => Promise<Dispatcher.ResponseData> }
  ) {
    this.#options = options
    this.#post = modules.post
  }

  /** Rejects when there is no answer in time, with a 502 problem for one that is too large or cannot be read. */
  ask(question: unknown): Promise<PeerAnswer> {
    return new Promise((resolve, reject) => {
      const due = performance.now() + this.#options.timeoutMs
      const asked = { line: `${JSON.stringify(question)}\n`, due, request: undefined, resolve, reject }
      this.#open.add(asked)
      this.#waiting.push(asked)
      this.#sendSoon()
      if (this.#timer === undefined) this.#watch()
    })
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const question of this.#open) this.#reject(question, new Error('the server is closing'))
  }

  #sendSoon(): void {
    if (this.#scheduled || this.#waiting.length === 0 || this.#requests >= MOST_REQUESTS) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      while (this.#requests < MOST_REQUESTS) {
        const questions = this.#take()
        if (questions.length === 0) return
        void this.#send({ questions, open: questions.length, abort: new EventEmitter() })
      }
    })
  }

  #take(): Question[] {
    const questions: Question[] = []
    let characters = 0
    let taken = 0
    for (const question of this.#waiting) {
      characters += question.line.length
      if (questions.length === MOST_QUESTIONS || (questions.length > 0 && characters > MOST_CHARACTERS)) break
      taken++
      if (this.#open.has(question)) questions.push(question)
    }
    this.#waiting.splice(0, taken)
    return questions
  }

  /** Never rejects: each question has its answer or its failure. */
  async #send(request: Request): Promise<void> {
    const { questions, abort } = request
    for (const question of questions) question.request = request
    this.#requests++
    try {
      const response = await this.#post(questions.map(({ line }) => line).join(''), abort)
      if (response.statusCode === 200) await this.#readAnswers(response, questions)
      else await this.#refuse(response, questions)
    } catch (error) {
      for (const question of questions) this.#reject(question, error)
    } finally {
      this.#requests--
      this.#sendSoon()
    }
  }

  async #readAnswers({ body }: Dispatcher.ResponseData, questions: readonly Question[]): Promise<void> {
    const { maxResponseBytes, owner } = this.#options
    let answered = 0
    for await (const line of readLines(body as AsyncIterable<Buffer>, maxResponseBytes + STATUS_BYTES)) {
      const question = questions[answered++]
      if (question === undefined) break
      if (line === undefined) this.#reject(question, answerTooLarge(owner))
      else this.#resolve(question, { status: this.#statusOf(line), body: line.subarray(STATUS_BYTES) })
    }
    for (const question of questions.slice(answered)) this.#reject(question, answerUnreadable(owner))
  }

  async #refuse({ statusCode, body }: Dispatcher.ResponseData, questions: readonly Question[]): Promise<void> {
    await body.dump()
    for (const question of questions) this.#resolve(question, { status: statusCode, body: Buffer.alloc(0) })
  }

  #statusOf(line: Buffer): number {
    const status = /^([1-5]\d\d) /.exec(line.toString('latin1', 0, STATUS_BYTES))?.[1]
    if (status === undefined) throw answerUnreadable(this.#options.owner)
    return Number(status)
  }

  #resolve(question: Question, answer: PeerAnswer): void {
    if (this.#close(question)) question.resolve(answer)
  }

  #reject(question: Question, error: unknown): void {
    if (this.#close(question)) question.reject(error)
  }

  /** False for one that had its answer or its failure before. */
  #close(question: Question): boolean {
    if (!this.#open.delete(question)) return false
    if (question.request !== undefined) question.request.open--
    return true
  }

  /** One timer, for the question that has waited longest. */
  #watch(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const question of this.#open) {
      if (question.due > now) {
        this.#timer = setTimeout(() => this.#watch(), Math.ceil(question.due - now)).unref()
        return
      }
      this.#reject(question, new Error('there was no answer in time'))
      if (question.request?.open === 0) question.request.abort.emit('abort')
    }
  }
}
