/** The records that all clients write, a batch of them at a time. */

/** Over four partitions, batches of about 256 KiB for each: as large as Millrace's. */
const BATCH_RECORDS = 4 * Math.floor((256 * 1024) / 116)
/** At once, as kafkajs and Java's client allow by default for one connection. */
export const IN_FLIGHT = 5

/** Messages as these clients take them, with what `more` adds to each. */
export function* batches(records, more = {}) {
  for (let from = 0; from < records; from += BATCH_RECORDS) {
    const count = Math.min(BATCH_RECORDS, records - from)
    yield Array.from({ length: count }, (_, i) => ({ ...more, key: keyOf(from + i), value: valueOf(from + i) }))
  }
}

function keyOf(i) {
  const key = Buffer.alloc(16)
  for (let at = 15, rest = i; rest > 0; at--, rest = Math.floor(rest / 10)) key[at] = 48 + (rest % 10)
  return key
}

function valueOf(i) {
  const value = Buffer.alloc(100)
  for (let at = 0; at < 100; at++) value[at] = i + at
  return value
}

/** Sends all of them, several at once; rejects as soon as one cannot be sent. */
export async function sendAll(all, send) {
  const next = all[Symbol.iterator]()
  const lane = async () => {
    for (let { done, value } = next.next(); !done; { done, value } = next.next()) await send(value)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}

/** What the harness waits for. */
export function finished(records, bytes = records * 116) {
  console.log(JSON.stringify({ event: 'finished', records, bytes }))
}
