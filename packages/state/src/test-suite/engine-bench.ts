/** What the suites share: directories that vanish again, and short forms for bytes. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MillraceError } from '../errors.js'
import type { ByteRange, StateDatabase, StateEngine } from '../engine.js'
import { expect } from 'chai'

/** Opens databases for one test after the other and closes what a test left open. */
export class EngineBench {
  readonly engine: StateEngine
  #root = ''
  #count = 0
  #open: StateDatabase[] = []

  constructor(engine: StateEngine) {
    this.engine = engine
  }

  async start(): Promise<void> {
    this.#root = await mkdtemp(join(tmpdir(), 'millrace-state-'))
  }

  async endTest(): Promise<void> {
    await Promise.all(this.#open.map(database => database.close()))
    this.#open = []
  }

  async end(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true })
  }

  newDirectory(): string {
    return join(this.#root, String(++this.#count))
  }

  async open(directory = this.newDirectory()): Promise<StateDatabase> {
    const database = await this.engine.open(directory)
    this.#open.push(database)
    return database
  }
}

export const bytes = (text: string) => Buffer.from(text, 'latin1')

export async function write(database: StateDatabase, entries: Readonly<Record<string, string | null>>): Promise<void> {
  const batch = database.batch()
  for (const [key, value] of Object.entries(entries)) {
    if (value === null) batch.delete(bytes(key))
    else batch.put(bytes(key), bytes(value))
  }
  await batch.write({ sync: false })
}

/** The entries of a range as latin1 text, `key=value`. */
export async function scan(database: StateDatabase, range: ByteRange): Promise<string[]> {
  return collect(database.iterate(range))
}

export async function collect(entries: AsyncIterable<[Buffer, Buffer]>): Promise<string[]> {
  const texts: string[] = []
  for await (const [key, value] of entries) texts.push(`${key.toString('latin1')}=${value.toString('latin1')}`)
  return texts
}

/** Passes when the action throws or rejects with this code. */
export async function expectCode(code: string, action: () => unknown): Promise<MillraceError> {
  let failure: unknown
  try {
    await action()
  } catch (error) {
    failure = error
  }
  expect(failure, 'it did not fail').to.be.instanceOf(MillraceError)
  expect(failure).to.have.property('code', code)
  return failure as MillraceError
}
