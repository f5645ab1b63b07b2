/** The thread's side of scans: each stays open between two pages, so that all pages show the store as it was at the first. */
import { decode, encode, type StoreDefinition } from '@millrace/state'
import type { ScannedValue } from '../worker-handle.js'
import type { StreamWorker } from '../stream-worker.js'
import type { EncodedValue, ScanPage, ThreadRequest } from './messages.js'

/** Entries that travel together. */
const PAGE_ENTRIES = 1000

interface OpenScan {
  readonly definition: StoreDefinition
  readonly entries: AsyncIterator<[unknown, ScannedValue]>
}

export class OpenScans {
  readonly #open = new Map<number, OpenScan>()
  #last = 0

  /** The first page. */
  async begin(
    worker: Pick<StreamWorker, 'scan'>,
    definition: StoreDefinition,
    request: Extract<ThreadRequest, { type: 'scan' }>
  ): Promise<ScanPage> {
    const { type: _, store, partition, from, to, prefix, ...rest } = request
    const bounds = {
      ...(prefix === undefined ? {} : { prefix: Buffer.from(prefix) }),
      ...(from === undefined ? {} : { from: decode(definition.key, Buffer.from(from)) }),
      ...(to === undefined ? {} : { to: decode(definition.key, Buffer.from(to)) })
    }
    const entries = worker.scan(store, partition, { ...rest, ...bounds })[Symbol.asyncIterator]()
    return this.#page({ definition, entries })
  }

  next(scan: number): Promise<ScanPage> {
    const open = this.#open.get(scan)!
    this.#open.delete(scan)
    return this.#page(open)
  }

  async end(scan: number): Promise<void> {
    const open = this.#open.get(scan)
    this.#open.delete(scan)
    await open?.entries.return?.()
  }

  async #page(scan: OpenScan): Promise<ScanPage> {
    const entries: [Uint8Array, EncodedValue][] = []
    while (entries.length < PAGE_ENTRIES) {
      const step = await scan.entries.next()
      if (step.done === true) return { entries, scan: undefined }
      const [key, value] = step.value
      entries.push([encode(scan.definition.key, key), encodeValue(scan.definition, value)])
    }
    this.#open.set(++this.#last, scan)
    return { entries, scan: this.#last }
  }
}

export function encodeValue(definition: StoreDefinition, { value, ...times }: ScannedValue): EncodedValue {
  return { value: encode(definition.value, value), ...times }
}
