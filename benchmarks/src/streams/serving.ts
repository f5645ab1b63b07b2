/** Tells on standard output when an application answers queries, how long it restored, and what it has in its store. */
import { type KafkaStreams, MillraceError } from '@millrace/core'
import type { Contents, ProgramOptions, Serving } from './program.js'

const LOOK_EVERY_MS = 10

export async function tellServing(app: KafkaStreams, { store, keys }: NonNullable<ProgramOptions['serve']>) {
  let restoreStart = Number.POSITIVE_INFINITY
  let restoreEnd = Number.NEGATIVE_INFINITY
  app.on('restore', ({ done }) => {
    if (done) restoreEnd = performance.now()
    else restoreStart = Math.min(restoreStart, performance.now())
  })
  while (!(await answersAll(app, store, keys))) await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
  tell({ event: 'serving', restoreSeconds: (restoreEnd - restoreStart) / 1000 })
  let entries = 0
  let sum = 0
  for await (const [, value] of app.store<string, number>(store).all()) {
    entries++
    sum += value
  }
  tell({ event: 'contents', entries, sum })
}

async function answersAll(app: KafkaStreams, store: string, keys: readonly string[]): Promise<boolean> {
  try {
    const values = await Promise.all(keys.map(key => app.store<string, number>(store).get(key)))
    return values.every(value => value !== undefined)
  } catch (error) {
    if (error instanceof MillraceError) return false // not yet
    throw error
  }
}

function tell(line: Serving | Contents): void {
  console.log(JSON.stringify(line))
}
