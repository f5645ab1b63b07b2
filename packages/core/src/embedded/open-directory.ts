/** Opens the directory of an embedded log for this process alone. */
import { MillraceError, type StateEngine } from '@millrace/state'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { directoryPlace, type LogPlace } from './log-place.js'
import { MetadataStore } from './metadata-store.js'

export interface OpenLog {
  readonly metadata: MetadataStore
  readonly place: LogPlace
  release(): Promise<void>
}

export interface OpenDirectoryOptions {
  readonly directory: string
  readonly fsync: 'always' | 'never'
  readonly cacheBytes: number
}

/**
 * Rejects with `EMBEDDED_LOG_LOCKED`, naming the directory and the process that has it, while another has it open;
 * with `EMBEDDED_LOG_CORRUPT` when another version wrote it.
 */
export async function openDirectory(
  options: OpenDirectoryOptions,
  modules: { readonly engine: StateEngine }
): Promise<OpenLog> {
  const { directory } = options
  const metadataPath = join(directory, 'metadata')
  const pidPath = join(directory, 'pid')
  await mkdir(directory, { recursive: true })
  const database = await modules.engine.open(metadataPath).catch(async (error: unknown) => {
    if (!(error instanceof MillraceError) || error.code !== 'STATE_LOCKED') throw error
    const pid = await holder(pidPath)
    const who = pid === undefined ? 'another process' : pid === process.pid ? 'this process already' : `process ${pid}`
    throw new MillraceError(
      'EMBEDDED_LOG_LOCKED',
      `${directory} is in use by ${who}. One at a time can have it: stop the other, or choose another directory.`,
      { cause: error, details: { path: directory, ...(pid === undefined ? {} : { pid }) } }
    )
  })
  try {
    await writeFile(pidPath, `${process.pid}\n`)
    const metadata = await MetadataStore.open(database, { path: metadataPath, sync: options.fsync === 'always' })
    const place = directoryPlace(options)
    const doomed = [...metadata.doomedFolders]
    await place.removeFolders(doomed)
    await metadata.foldersRemoved(doomed)
    return {
      metadata,
      place,
      async release() {
        await rm(pidPath, { force: true })
        await metadata.close()
      }
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

async function holder(path: string): Promise<number | undefined> {
  try {
    const pid = Number.parseInt(await readFile(path, 'utf8'), 10)
    return Number.isNaN(pid) ? undefined : pid
  } catch (error) {
    // Between taking the lock and writing its id.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
