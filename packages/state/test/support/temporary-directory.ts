/** A directory for the tests of one suite, gone afterwards. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Registers hooks; the function returned gives a new path for each call. */
export function temporaryDirectory(): () => string {
  let root = ''
  let count = 0
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'millrace-state-'))
  })
  after(() => rm(root, { recursive: true, force: true }))
  return () => join(root, String(count++))
}
