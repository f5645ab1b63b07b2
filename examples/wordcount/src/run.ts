/** One run of the word count, from the open file to the last commit. */
import { basename } from 'node:path'
import type { BrokerConnection, KafkaStreams } from '@millrace/core'
import type { QueryServer } from '@millrace/interactive-query'
import { aborted, withClosers, type Closers } from '../../shared/dist/closers.js'
import { committedRecords } from '../../shared/dist/committed.js'
import { Notes } from '../../shared/dist/notes.js'
import type { Surroundings } from '../../shared/dist/program.js'
import { Rate } from '../../shared/dist/rate.js'
import { Screen } from '../../shared/dist/screen.js'
import { openBroker } from '../../shared/dist/surroundings.js'
import { count } from '../../shared/dist/text.js'
import type { TopicFollower } from '../../shared/dist/topic-follower.js'
import { openApplication } from './application.js'
import { CountsView, followCounts } from './counts-view.js'
import { FeedLease } from './feed-lease.js'
import { BrokerLineLog } from './line-log.js'
import type { WordCountOptions } from './options.js'
import { consumed, feedToTheEnd } from './progress.js'
import { renderLine, renderTable, type TableState } from './table.js'
import { TextFile } from './text-file.js'
import { ensureTopics, PARTITIONS } from './topics.js'
import { COUNTS_STORE, topicsOf } from './topology.js'

/** Resolves after an orderly end. Rejects with what made it impossible to go on; everything is closed then as well. */
export function run(options: WordCountOptions, surroundings: Surroundings): Promise<void> {
  return withClosers(surroundings.interrupt, closers => runWith(options, surroundings, closers))
}

async function runWith(options: WordCountOptions, surroundings: Surroundings, closers: Closers): Promise<void> {
  const text = await TextFile.open(options.file)
  closers.add(() => text.close())
  const notes = new Notes()
  const { logger } = notes
  const broker = await openBroker(options)
  closers.add(() => broker.close())
  const { application, server } = await openApplication(options, { broker, logger })
  if (server !== undefined) closers.add(() => server.close())
  const connection = await broker.connect({ clientId: `${options.applicationId}-feed`, logger })
  closers.add(() => connection.close())
  await ensureTopics(connection, topicsOf(options.applicationId))
  const session = new Session(options, {
    application,
    connection,
    text,
    notes,
    server,
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
  readonly server: QueryServer | undefined
  readonly description: string
}

/** The run proper, once everything is open. */
class Session {
  readonly #options: WordCountOptions
  readonly #modules: SessionModules
  readonly #topics: { readonly lines: string; readonly counts: string }
  readonly #view = new CountsView()
  readonly #follower: TopicFollower
  readonly #screen: Screen
  readonly #rate = new Rate()
  /** Ends the reading of the output topic, last of all. */
  readonly #finished = new AbortController()

  constructor(options: WordCountOptions, modules: SessionModules) {
    this.#options = options
    this.#modules = modules
    this.#topics = topicsOf(options.applicationId)
    this.#follower = followCounts(
      this.#view,
      { topic: this.#topics.counts, partitions: PARTITIONS },
      { connection: modules.connection, signal: this.#finished.signal }
    )
    this.#screen = new Screen(modules.stdout, () => {
      const state = this.#look()
      return { lines: style => renderTable(state, style), line: () => renderLine(state) }
    })
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
    const { application, interrupt, notes, server, stderr } = this.#modules
    const table = this.#options.format === 'table'
    const feeding = this.#feed()
    // Awaited below; until then its failure must not count as unheard.
    feeding.catch(() => undefined)
    // An interrupted start is an orderly end like any other: closing ends it.
    await Promise.race([application.start(), aborted(interrupt)])
    if (this.#options.port === 0) notes.add(`queries are answered at ${server!.url}`)
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
      this.#view
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
    const input = { topic: this.#topics.lines, partitions: PARTITIONS }
    const { committed, total } = await committedRecords(connection, applicationId, [input])
    const rest = committed < total ? '; the next run goes on from there' : ''
    stderr.write(
      `${count(committed)} of ${count(total)} lines are counted and committed (${applicationId} on ${description})${rest}\n`
    )
  }

  #look(): TableState {
    const { application, description, server, text } = this.#modules
    const view = this.#view
    return {
      rows: view.top(this.#options.top),
      words: view.words,
      distinct: view.distinct,
      rate: this.#rate.of(view.words, performance.now()),
      state: application.state,
      source: `${basename(text.path)} on ${description}`,
      url:
        server === undefined ? undefined : `${server.url}/stores/${COUNTS_STORE}/keys/${view.top(1)[0]?.[0] ?? 'the'}`
    }
  }
}
