/** How far the input is: fed, consumed. */
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock, type KafkaStreams } from '@millrace/core'
import { feed, isFed, type LineLog } from './feed.js'
import type { FeedLease } from './feed-lease.js'
import type { TextFile } from './text-file.js'

const POLL_MS = 50
const WAIT_FOR_FEEDER_MS = 500

export interface FeedingModules {
  readonly log: LineLog
  /** Undefined where no other process can feed. */
  readonly lease: FeedLease | undefined
  readonly warn: (message: string) => void
  readonly signal: AbortSignal
}

/** Resolves when the topic has the whole text, whoever fed it, or when the signal aborts. */
export async function feedToTheEnd(text: TextFile, { log, lease, warn, signal }: FeedingModules): Promise<void> {
  const mayFeed = () => !signal.aborted && (lease === undefined || lease.held)
  while (!signal.aborted) {
    if (mayFeed()) {
      const { complete } = await feed(text, { log, clock: systemClock, warn, mayGoOn: mayFeed })
      if (complete) return
    } else if (await isFed(text, log)) return
    else await delay(WAIT_FOR_FEEDER_MS)
  }
}

/** Resolves when everything in the topics is processed and committed, by all instances together. */
export async function consumed(application: KafkaStreams, signal: AbortSignal): Promise<void> {
  for (let processed = -1; !signal.aborted; await delay(POLL_MS)) {
    if ((await application.lag()).total === 0) return
    const now = application.totals().processed
    // Nothing came in since the last look, so what is left waits for a commit.
    if (now === processed) await application.commit()
    processed = now
  }
}
