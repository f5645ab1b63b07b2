/** One run of the word count, from the open file to the last commit. */
import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BrokerConnection, KafkaStreams } from '@millrace/core'
import { choosePort, createApplication, openBroker, startServer } from './application.js'
import { CountsFollower } from './counts-view.js'
import { FeedLease } from './feed-lease.js'
import { BrokerLineLog } from './line-log.js'
import { Notes } from './notes.js'
import type { WordCountOptions } from './options.js'
import { committedLines, consumed, feedToTheEnd } from './progress.js'
import { Rate } from './rate.js'
import { Screen, type Output } from './screen.js'
import { count, type TableState } from './table.js'
import { TextFile } from './text-file.js'
import { ensureTopics, PARTITIONS } from './topics.js'
import { COUNTS_STORE, topicsOf } from './topology.js'

export interface Surroundings {
  readonly stdout: Output
  readonly stderr: Output
  /** Aborts to ask for an orderly end. */
  readonly interrupt: AbortSignal
}

/** Things opened, each closed once, the last first. */
class Closers {
  readonly #closers: (() => Promise<unknown>)[] = []

  add(close: () => Promise<unknown>): void {
    this.#closers.push(close)
  }

  /** Closes everything, whatever fails on the way; then rejects with the first failure. */
  async closeAll(): Promise<void> {
    const failures: unknown[] = []
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}

/** Resolves after an orderly end. Rejects with what made it impossible to go on; everything is closed then as well. */
export async function run(options: WordCountOptions, surroundings: Surroundings): Promise<void> {
  const closers = new Closers()
  try {
    await runWith(options, surroundings, closers)
  } catch (error) {
    await closers.closeAll().catch(() => undefined) // the first failure is the one to tell
    if (!surroundings.interrupt.aborted) throw error
    return
  }
  await closers.closeAll()
}

async function runWith(options: WordCountOptions, surroundings: Surroundings, closers: Closers): Promise<void> {
  const text = await TextFile.open(options.file)
  closers.add(() => text.close())
  const notes = new Notes()
  const { logger } = notes
  const broker = await openBroker(options)
  closers.add(() => broker.close())
  const port = await choosePort(options.port)
  const application = createApplication(options, port, { broker, logger })
  if (port !== undefined) {
    const server = await startServer(application, port, logger)
    closers.add(() => server.close())
  }
  const connection = await broker.connect({ clientId: `${options.applicationId}-feed`, logger })
  closers.add(() => connection.close())
  await ensureTopics(connection, topicsOf(options.applicationId))
  const session = new Session(options, {
    application,
    connection,
    text,
    notes,
    port,
    description: broker.description,
    ...surroundings
  })
  closers.add(() => application.close())
  await session.run()
}

interface SessionModules extends Surroundings {
  readonly application: KafkaStreams
  readonly connection: BrokerConnection
  readonly text: TextFile
  readonly notes: Notes
  readonly port: number | undefined
  readonly description: string
}

/** The run proper, once everything is open. */
class Session {
  readonly #options: WordCountOptions
  readonly #modules: SessionModules
  readonly #topics: { readonly lines: string; readonly counts: string }
  readonly #follower: CountsFollower
  readonly #screen: Screen
  readonly #rate = new Rate()
  /** Ends the reading of the output topic, last of all. */
  readonly #finished = new AbortController()

  constructor(options: WordCountOptions, modules: SessionModules) {
    this.#options = options
    this.#modules = modules
    this.#topics = topicsOf(options.applicationId)
    this.#follower = new CountsFollower(
      { topic: this.#topics.counts, partitions: PARTITIONS },
      { connection: modules.connection, signal: this.#finished.signal }
    )
    this.#screen = new Screen(modules.stdout, () => this.#look())
  }

  async run(): Promise<void> {
    const { application } = this.#modules
    const failed = new Promise<never>((_resolve, reject) => application.once('error', reject))
    const following = this.#follower.follow()
    try {
      await Promise.race([this.#work(), failed, following])
    } finally {
      this.#finished.abort()
      await following.catch(() => undefined) // told by the race, or of no matter any more
    }
  }

  async #work(): Promise<void> {
    const { application, interrupt, notes, stderr } = this.#modules
    const table = this.#options.format === 'table'
    const feeding = this.#feed()
    // Awaited below; until then its failure must not count as unheard.
    feeding.catch(() => undefined)
    // An interrupted start is an orderly end like any other: closing ends it.
    await Promise.race([application.start(), aborted(interrupt)])
    notes.showWith(line => (table ? this.#screen.note(line, stderr) : stderr.write(`${line}\n`)))
    if (table && !interrupt.aborted) this.#screen.start()
    await feeding
    if (this.#options.once || !table) await this.#untilConsumed()
    if (!this.#options.once) await aborted(interrupt)
    await application.close()
    if (table) await this.#endTable()
    await this.#sayCommitted()
  }

  async #feed(): Promise<void> {
    const { connection, interrupt: signal, notes, text } = this.#modules
    const { logger } = notes
    // A process has the embedded log to itself; on Kafka others may feed the same topic.
    const lease =
      this.#options.brokers === undefined
        ? undefined
        : new FeedLease(`${this.#options.applicationId}-feed`, { connection })
    const log = await BrokerLineLog.open(
      { topic: this.#topics.lines, partitions: PARTITIONS },
      { connection, logger, signal: this.#finished.signal }
    )
    try {
      await lease?.join()
      await feedToTheEnd(text, { log, lease, signal, warn: message => notes.add(`warning: ${message}`) })
    } finally {
      await lease?.release()
      await log.close()
    }
  }

  async #untilConsumed(): Promise<void> {
    const { application, interrupt, stdout } = this.#modules
    await consumed(application, interrupt)
    if (this.#options.format !== 'tsv' || interrupt.aborted) return
    await this.#follower.caughtUp()
    stdout.write(
      this.#follower.view
        .all()
        .map(([word, times]) => `${word}\t${times}\n`)
        .join('')
    )
  }

  async #endTable(): Promise<void> {
    await this.#follower.caughtUp()
    this.#screen.stop()
  }

  async #sayCommitted(): Promise<void> {
    const { connection, description, stderr } = this.#modules
    const { applicationId } = this.#options
    const { committed, total } = await committedLines(connection, applicationId, this.#topics.lines)
    const rest = committed < total ? '; the next run goes on from there' : ''
    stderr.write(
      `${count(committed)} of ${count(total)} lines are counted and committed (${applicationId} on ${description})${rest}\n`
    )
  }

  #look(): TableState {
    const { application, description, port, text } = this.#modules
    const { view } = this.#follower
    return {
      rows: view.top(this.#options.top),
      words: view.words,
      distinct: view.distinct,
      rate: this.#rate.of(view.words, performance.now()),
      state: application.state,
      source: `${basename(text.path)} on ${description}`,
      url:
        port === undefined
          ? undefined
          : `http://127.0.0.1:${port}/stores/${COUNTS_STORE}/keys/${view.top(1)[0]?.[0] ?? 'the'}`
    }
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await delay(100_000, undefined, { signal }).catch(() => undefined)
}
