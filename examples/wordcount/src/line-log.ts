/** The input topic on a broker: where the feeder writes lines and finds its bookmarks. */
import {
  Producer,
  systemClock,
  type BrokerConnection,
  type Logger,
  type RecordBatchWriter,
  type TopicPartition
} from '@millrace/core'
import type { FedText } from './fed-texts.js'
import { readFedHeaders } from './fed-texts.js'
import type { LineLog } from './feed.js'
import { readStretch } from '../../shared/dist/read-topic.js'

/** Lines queued and not yet acknowledged, in bytes, before the feeder rests. */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024

export class BrokerLineLog implements LineLog {
  readonly #topic: string
  readonly #partitions: number
  readonly #connection: BrokerConnection
  readonly #producer: Producer
  readonly #signal: AbortSignal

  private constructor(
    options: { readonly topic: string; readonly partitions: number },
    modules: { readonly connection: BrokerConnection; readonly signal: AbortSignal; readonly producer: Producer }
  ) {
    this.#topic = options.topic
    this.#partitions = options.partitions
    this.#connection = modules.connection
    this.#signal = modules.signal
    this.#producer = modules.producer
  }

  static async open(
    options: { readonly topic: string; readonly partitions: number },
    modules: { readonly connection: BrokerConnection; readonly signal: AbortSignal; readonly logger: Logger }
  ): Promise<BrokerLineLog> {
    const { connection, logger } = modules
    const producer = await Producer.open({}, { connection, logger, clock: systemClock })
    return new BrokerLineLog(options, { ...modules, producer })
  }

  async fedTexts(): Promise<readonly (readonly FedText[])[]> {
    const all = Array.from({ length: this.#partitions }, (_, partition) => ({ topic: this.#topic, partition }))
    const [starts, ends] = await Promise.all([
      this.#connection.listOffsets(all, 'earliest'),
      this.#connection.listOffsets(all, 'stable')
    ])
    const offset = (list: readonly { partition: number; offset: number }[], partition: number) =>
      list.find(it => it.partition === partition)?.offset ?? 0
    return Promise.all(
      all.map(it => this.#newestBookmark(it, offset(starts, it.partition), offset(ends, it.partition)))
    )
  }

  send(partition: number, writer: RecordBatchWriter): void {
    this.#producer.send(this.#topic, partition, writer)
  }

  ready(): Promise<void> {
    return this.#producer.drained(MAX_BUFFERED_BYTES)
  }

  async flush(): Promise<void> {
    await this.#producer.flush()
  }

  close(): Promise<void> {
    return this.#producer.close()
  }

  /** It is on the last record, unless somebody else wrote to the topic: then further back, in growing steps. */
  async #newestBookmark(at: TopicPartition, start: number, end: number): Promise<readonly FedText[]> {
    let found: readonly FedText[] | undefined
    for (let to = end, step = 1; to > start && found === undefined; step *= 8) {
      const from = Math.max(start, to - step)
      await readStretch(
        at,
        from,
        to,
        record => {
          found = readFedHeaders(record.headers()) ?? found
        },
        { connection: this.#connection, signal: this.#signal }
      )
      to = from
    }
    return found ?? []
  }
}
