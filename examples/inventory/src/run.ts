/** One run of the inventory, from the open broker to the last commit. */
import type { BrokerConnection, KafkaStreams } from '@millrace/core'
import type { QueryServer } from '@millrace/interactive-query'
import { aborted, withClosers, type Closers } from '../../shared/dist/closers.js'
import { committedRecords } from '../../shared/dist/committed.js'
import { Notes } from '../../shared/dist/notes.js'
import type { Surroundings } from '../../shared/dist/program.js'
import { Rate } from '../../shared/dist/rate.js'
import { Screen, type Picture } from '../../shared/dist/screen.js'
import { openBroker } from '../../shared/dist/surroundings.js'
import { count } from '../../shared/dist/text.js'
import type { TopicFollower } from '../../shared/dist/topic-follower.js'
import { countUrl } from './count-route.js'
import { openInstance } from './instance.js'
import { Ledger } from './ledger.js'
import type { InventoryOptions } from './options.js'
import { followStock, Stock } from './stock.js'
import { renderLine, renderTable } from './table.js'
import { ensureTopics } from './topics.js'
import { TOPICS } from './topology.js'
import { ITEMS, STORES, Trade } from './trade.js'

/** Resolves after an orderly end. Rejects with what made it impossible to go on; everything is closed then as well. */
export function run(options: InventoryOptions, surroundings: Surroundings): Promise<void> {
  return withClosers(surroundings.interrupt, closers => runWith(options, surroundings, closers))
}

async function runWith(options: InventoryOptions, surroundings: Surroundings, closers: Closers): Promise<void> {
  const { applicationId } = options
  const notes = new Notes()
  const { logger } = notes
  const broker = await openBroker(options)
  closers.add(() => broker.close())
  const { application, server } = await openInstance(options, { broker, logger })
  closers.add(() => server.close())
  const connection = await broker.connect({ clientId: `${applicationId}-trade`, logger })
  closers.add(() => connection.close())
  const partitions = await ensureTopics(connection)
  const { description } = broker
  const session = new Session(
    { ...options, partitions },
    { ...surroundings, application, server, connection, description, notes }
  )
  closers.add(() => application.close())
  await session.run()
}

interface SessionModules extends Surroundings {
  readonly application: KafkaStreams
  readonly server: QueryServer
  readonly connection: BrokerConnection
  readonly description: string
  readonly notes: Notes
}

/** The run proper, once everything is open. */
class Session {
  readonly #options: InventoryOptions & { readonly partitions: number }
  readonly #modules: SessionModules
  readonly #stock = new Stock()
  readonly #follower: TopicFollower
  readonly #screen: Screen
  readonly #rate = new Rate()
  /** Ends the reading of the output topic, last of all. */
  readonly #finished = new AbortController()

  constructor(options: InventoryOptions & { readonly partitions: number }, modules: SessionModules) {
    this.#options = options
    this.#modules = modules
    const { connection } = modules
    this.#follower = followStock(this.#stock, options, { connection, signal: this.#finished.signal })
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
    const { application, interrupt, notes, server, stderr } = this.#modules
    // An interrupted start is an orderly end like any other: closing ends it.
    await Promise.race([application.start(), aborted(interrupt)])
    if (this.#options.port === 0) notes.add(`queries are answered at ${server.url}`)
    notes.showWith(line => this.#screen.note(line, stderr))
    if (!interrupt.aborted) this.#screen.start()
    await (this.#options.rate > 0 ? this.#trade() : aborted(interrupt))
    await application.close()
    await this.#follower.caughtUp()
    this.#screen.stop()
    await this.#sayCommitted()
  }

  async #trade(): Promise<void> {
    const { connection, interrupt: signal, notes } = this.#modules
    const { partitions, rate, seed } = this.#options
    const ledger = await Ledger.open({ partitions }, { connection, logger: notes.logger })
    try {
      await ledger.follow(new Trade({ seed }), { rate, signal })
      await ledger.flush()
    } finally {
      await ledger.close()
    }
  }

  async #sayCommitted(): Promise<void> {
    const { connection, description, stderr } = this.#modules
    const { applicationId, partitions } = this.#options
    const inputs = [TOPICS.sales, TOPICS.shipments].map(topic => ({ topic, partitions }))
    const { committed, total } = await committedRecords(connection, applicationId, inputs)
    const rest = committed < total ? '; the next run goes on from there' : ''
    stderr.write(
      `${count(committed)} of ${count(total)} sales and shipments are counted and committed (${applicationId} on ${description})${rest}\n`
    )
  }

  #look(): Picture {
    const { application, description, server } = this.#modules
    const stock = this.#stock
    const [storeId = STORES[0]] = stock.stores
    const [itemId = ITEMS[0]] = stock.items
    const now = performance.now()
    const state = {
      stock,
      rows: this.#options.rows,
      rate: this.#rate.of(application.totals().processed, now),
      state: application.state,
      source: `${TOPICS.shipments} minus ${TOPICS.sales}, ${description}`,
      url: countUrl(server.port, { storeId, itemId }),
      now
    }
    return { lines: style => renderTable(state, style), line: () => renderLine(state) }
  }
}
