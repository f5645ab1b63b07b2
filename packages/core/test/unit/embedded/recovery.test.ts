/** What opening a partition makes of files that a killed process, or something worse, left behind. */
import { expect } from 'chai'
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import type { MillraceError } from '@millrace/state'
import { batch, folderStorage, openLog, readAll, temporaryFolder } from './support.js'

describe('recovery of a partition', () => {
  let folder: ReturnType<typeof temporaryFolder>
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => folder.remove())

  const lastFile = (): string =>
    join(
      folder.path,
      readdirSync(folder.path)
        .filter(n => n.endsWith('.log'))
        .sort()
        .at(-1)!
    )
  const fill = (...values: string[]): void => {
    const log = openLog(folderStorage(folder.path))
    for (const value of values) log.append(batch([{ key: 'k', value }]))
    log.close()
  }
  const values = (): (string | null)[] => {
    const log = openLog(folderStorage(folder.path))
    const found = readAll(log).map(record => record.value)
    log.close()
    return found
  }

  it('finds everything that was appended', () => {
    fill('a', 'b', 'c')
    expect(values()).to.deep.equal(['a', 'b', 'c'])
  })

  it('cuts off the last batch, wherever it was torn, keeps those before it and goes on after them', () => {
    fill('a', 'b')
    const kept = readFileSync(lastFile()).length
    fill('torn')
    const whole = readFileSync(lastFile())
    for (let length = kept; length < whole.length; length++) {
      writeFileSync(lastFile(), whole.subarray(0, length))
      expect(values(), `${length} of ${whole.length} bytes`).to.deep.equal(['a', 'b'])
      expect(readFileSync(lastFile()).length).to.equal(kept)
    }
    const log = openLog(folderStorage(folder.path))
    expect(log.append(batch([{ key: 'k', value: 'next' }])).baseOffset).to.equal(2)
    log.close()
  })

  it('cuts off a last batch with any byte of it spoilt, unless that makes it another version', () => {
    fill('a')
    const kept = readFileSync(lastFile()).length
    fill('spoilt')
    const whole = readFileSync(lastFile())
    fc.assert(
      fc.property(
        fc.integer({ min: kept, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (position, change) => {
          // Offset and leader epoch are not covered by the checksum, the magic byte is another test's.
          const inBatch = position - kept
          fc.pre(inBatch >= 17 || (inBatch >= 8 && inBatch < 12))
          const spoilt = Buffer.from(whole)
          spoilt[position]! ^= change
          writeFileSync(lastFile(), spoilt)
          expect(values()).to.deep.equal(['a'])
        }
      )
    )
  })

  it('cuts off zeros that a power loss may leave', () => {
    fill('a')
    appendFileSync(lastFile(), Buffer.alloc(5000))
    expect(values()).to.deep.equal(['a'])
  })

  const corruptAt = (position: number): void => {
    try {
      values()
    } catch (error) {
      expect((error as MillraceError).code).to.equal('EMBEDDED_LOG_CORRUPT')
      expect((error as MillraceError).details).to.deep.equal({ path: lastFile(), position })
      return
    }
    throw new Error('expected EMBEDDED_LOG_CORRUPT')
  }

  it('refuses a batch of another format version, with its place, and leaves the file alone', () => {
    fill('a')
    const position = readFileSync(lastFile()).length
    fill('b')
    const spoilt = readFileSync(lastFile())
    spoilt[position + 16] = 3
    writeFileSync(lastFile(), spoilt)
    corruptAt(position)
    expect(readFileSync(lastFile()).equals(spoilt)).to.equal(true)
  })

  it('refuses damage in the middle, which no killed process leaves', () => {
    fill('a')
    const position = readFileSync(lastFile()).length
    fill('b', 'c')
    const spoilt = readFileSync(lastFile())
    spoilt[position + 61]! ^= 1
    writeFileSync(lastFile(), spoilt)
    corruptAt(position)
  })

  it('looks a closed segment through again when its index is missing or does not fit', async () => {
    const config = { 'segment.bytes': '200' }
    const log = openLog(folderStorage(folder.path), { config })
    for (let i = 0; i < 20; i++) log.append(batch([{ key: 'k', value: `v${i}` }]))
    await log.flush()
    log.close()
    const indexes = readdirSync(folder.path).filter(name => name.endsWith('.index'))
    expect(indexes.length).to.be.above(3)
    truncateSync(join(folder.path, indexes[1]!), 5)
    writeFileSync(join(folder.path, indexes[2]!), '{"version":1,"size":1}')
    expect(values()).to.deep.equal(Array.from({ length: 20 }, (_, i) => `v${i}`))
  })
})
