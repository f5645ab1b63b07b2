/** The note that a task leaves in its directory when it goes: when that was, and how far its stores had come. */
import { writeFile } from 'node:fs/promises'
import { readIfThere } from './process-id.js'

/** What is known of a task that left. */
export interface Departure {
  /** In ms since the epoch. */
  readonly at: number
  /** The sum of its stores' changelog offsets. */
  readonly changelogOffsets: number
}

const NOTE = /^(\d+) (\d+)\n$/

export async function writeDeparture(path: string, { at, changelogOffsets }: Departure): Promise<void> {
  await writeFile(path, `${at} ${changelogOffsets}\n`, { mode: 0o600 })
}

/** Undefined when there is none; one that was cut short while it was written says no more than that. */
export async function readDeparture(path: string): Promise<Departure | undefined> {
  const [, at, changelogOffsets] = NOTE.exec((await readIfThere(path)) ?? '') ?? []
  return at === undefined ? undefined : { at: Number(at), changelogOffsets: Number(changelogOffsets) }
}
