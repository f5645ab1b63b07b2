/** The partitioners that a step may name. */
import type { Partitioner } from '@millrace/core'
import { asText } from './expression.js'
import type { Step } from './scenario.js'

const PARTITIONERS: Readonly<Record<string, Partitioner>> = {
  keyLength: (key, _value, count) => lengthOf(key) % count,
  valueLength: (_key, value, count) => lengthOf(value) % count,
  everywhere: (_key, _value, count) => Array.from({ length: count }, (_, partition) => partition),
  notB: (_key, value) => (value !== null && asText(value).startsWith('b') ? [] : undefined)
}

/** `partitioner`, if the step names one. */
export function partitionedBy({ partitioner: name }: Step): { partitioner?: Partitioner } {
  return name === undefined ? {} : { partitioner: named(name as string) }
}

/** As a foreign-key join wants it, both sides alike. */
export function partitionedByKey({ partitioner: name }: Step): Record<string, (key: unknown, count: number) => number> {
  if (name === undefined) return {}
  const partitioner = (key: unknown, count: number): number => named(name as string)(key, null, count) as number
  return { partitioner, otherPartitioner: partitioner }
}

function named(name: string): Partitioner {
  const partitioner = PARTITIONERS[name]
  if (partitioner === undefined) throw new Error(`There is no partitioner ${name}`)
  return partitioner
}

function lengthOf(part: unknown): number {
  return part === null ? 0 : asText(part).length
}
