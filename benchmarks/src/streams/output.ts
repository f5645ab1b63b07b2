/** Whether what a contender wrote is right. */
import type { BrokerConnection } from '@millrace/core'
import { readAll } from '../topics.js'
import type { Expected, Workload } from './workload.js'

const SHOWN = 5

/** Throws with the first differences. */
export async function checkOutput(
  connection: BrokerConnection,
  topic: string,
  workload: Workload,
  expected: Expected
): Promise<void> {
  const wrong =
    'last' in expected
      ? await wrongChanges(connection, topic, workload, expected.last)
      : await wrongEvents(connection, topic, workload, expected.events)
  if (wrong.length > 0) throw new Error(`the output is wrong:\n${wrong.slice(0, SHOWN).join('\n')}`)
}

async function wrongChanges(
  connection: BrokerConnection,
  topic: string,
  workload: Workload,
  expected: ReadonlyMap<string, string>
): Promise<string[]> {
  const last = new Map<string, string>()
  for await (const [keyBytes, valueBytes] of readAll(connection, topic)) {
    const [key, value] = workload.read(keyBytes, valueBytes)
    last.set(key, value)
  }
  const wrong: string[] = []
  for (const key of new Set([...last.keys(), ...expected.keys()])) {
    if (last.get(key) === expected.get(key)) continue
    wrong.push(`${key}: ${last.get(key) ?? 'missing'} instead of ${expected.get(key) ?? 'nothing'}`)
  }
  return wrong
}

/** Of so many events sums of their hashes are compared. */
async function wrongEvents(
  connection: BrokerConnection,
  topic: string,
  workload: Workload,
  expected: Iterable<readonly [string, string]>
): Promise<string[]> {
  const found = new Sum()
  for await (const [key, value] of readAll(connection, topic)) found.add(workload.read(key, value))
  const right = new Sum()
  for (const event of expected) right.add(event)
  if (found.count !== right.count) return [`${found.count} events instead of ${right.count}`]
  return found.hash === right.hash ? [] : [`${found.count} events, but not the right ones`]
}

/** With a larger one additions would be rounded, and the sum would depend on the order. */
const MODULUS = 2 ** 52

/** Of hashes (FNV-1a) in any order. */
class Sum {
  count = 0
  hash = 0

  add([key, value]: readonly [string, string]): void {
    const text = `${key} ${value}`
    let hash = 0x811c9dc5
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    this.count++
    this.hash = (this.hash + (hash >>> 0)) % MODULUS
  }
}
