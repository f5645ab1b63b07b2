/** An id that an application directory keeps over restarts. */
import { randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Several threads and processes may ask at once: one of them makes the file, whole from the start, and all read the same. */
export async function processIdOf(path: string): Promise<string> {
  for (;;) {
    const known = await readIfThere(path)
    if (known !== undefined && UUID.test(known)) return known
    // Emptied by a power loss, or by a hand.
    if (known !== undefined) await rm(path, { force: true })
    await offer(path, randomUUID())
  }
}

/** Creates the file unless it is there. */
async function offer(path: string, id: string): Promise<void> {
  const draft = `${path}.${id}`
  await writeFile(draft, id, { mode: 0o600 })
  try {
    await link(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** The text of a file, or undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
