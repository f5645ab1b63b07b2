/** What a micro-benchmark consists of: a piece of Millrace, and beside it what the machine or the platform needs at least. */

/** Both do the same number of records; what they compute is returned, so that nothing is left out as unused. */
export interface Pair {
  readonly name: string
  /** Of one call. */
  readonly records: number
  /** Of all records of one call, as they are encoded. */
  readonly bytes: number
  run(): unknown
  readonly limit: { readonly name: string; run(): unknown }
}

export const RECORDS = 1000

/** A copy of as many bytes within memory. */
export function copyOf(bytes: number): Pair['limit'] {
  const from = Buffer.alloc(bytes, 1)
  const to = Buffer.alloc(bytes)
  return { name: 'memory copy', run: () => from.copy(to) }
}

/** For each of the records, the sum of what `each` makes of it. */
export function sumOf(each: (i: number) => number): () => number {
  return () => {
    let sum = 0
    for (let i = 0; i < RECORDS; i++) sum += each(i)
    return sum
  }
}
