/** The form in which results are compared and kept. */
import type { OutputRecord, Result, RunResult, StoreRow } from './scenario.js'

/**
 * Of the changelog records that one input leads to, the newest of each key counts, in the order of the keys: what is
 * overwritten before anybody can read it is nobody's concern. Nor are their headers, which Kafka Streams copies from the
 * record in stores of windows, and never reads but for the version of what a suppression holds. The rows of a store count
 * in whatever order: windows that wait to be closed lie in Kafka Streams by time. Of a failure counts that there was one, and of a
 * function that chooses topics: Kafka Streams says where in memory it lies.
 */
export function canonical(result: Result): Result {
  if (result.refused !== undefined) return { refused: 'yes' }
  const { describe, cached, uncached } = result
  return {
    ...result,
    ...(describe === undefined ? {} : { describe: describe.map(withoutAddress) }),
    ...(cached === undefined ? {} : { cached: canonicalRun(cached) }),
    ...(uncached === undefined ? {} : { uncached: canonicalRun(uncached) })
  }
}

function canonicalRun({ failed, internal, stores, trace, ...rest }: RunResult): RunResult {
  const changes = new Map<string, OutputRecord>()
  for (const { headers, ...record } of internal.filter(isChange)) {
    const version = headers?.filter(([name]) => name === 'v') ?? []
    const change = version.length === 0 ? record : { ...record, headers: version }
    changes.set(`${record.at} ${record.topic} ${record.key}`, change)
  }
  return {
    ...rest,
    ...(stores === undefined ? {} : { stores: mapValues(stores, rows => rows.toSorted(byText)) }),
    ...(trace === undefined || failed !== undefined ? {} : { trace }),
    internal: [...internal.filter(record => !isChange(record)), ...[...changes.values()].toSorted(byPlace)],
    ...(failed === undefined ? {} : { failed: { at: failed.at, message: '' } })
  }
}

function withoutAddress(line: string): string {
  return line.replace(/\(extractor class: .*\)/, '(extractor class: any)')
}

function isChange({ topic }: OutputRecord): boolean {
  return topic.endsWith('-changelog')
}

function byPlace(a: OutputRecord, b: OutputRecord): number {
  return a.at - b.at || compare(a.topic, b.topic) || compare(a.key!, b.key!)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function byText(a: StoreRow, b: StoreRow): number {
  return compare(JSON.stringify(a), JSON.stringify(b))
}

function mapValues<T, R>(object: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]))
}
