/** Feeding: every line once, whatever happens between two runs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readRecordBatches, systemClock, type RecordBatchWriter } from '@millrace/core'
import { expect } from 'chai'
import fc from 'fast-check'
import { readFedHeaders, type FedText } from '../../dist/fed-texts.js'
import { feed, isFed, type LineLog } from '../../dist/feed.js'
import { MAX_LINE_BYTES, TextFile } from '../../dist/text-file.js'

/** Partitions in memory. With `loseAfter`, it takes so many batches and then dies like a killed process. */
class FakeLog implements LineLog {
  readonly partitions: { readonly line: string; readonly fed: readonly FedText[] | undefined }[][]
  loseAfter = Number.POSITIVE_INFINITY

  constructor(partitions = 4) {
    this.partitions = Array.from({ length: partitions }, () => [])
  }

  async fedTexts(): Promise<readonly (readonly FedText[])[]> {
    return this.partitions.map(records => records.findLast(record => record.fed !== undefined)?.fed ?? [])
  }

  send(partition: number, writer: RecordBatchWriter): void {
    const bytes = writer.finish({ producerId: 1n, producerEpoch: 0, baseSequence: 0, transactional: false })
    if (this.loseAfter-- <= 0) return
    for (const batch of readRecordBatches(bytes)) {
      const cursor = batch.cursor()
      while (cursor.next()) {
        const line = cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd)
        this.partitions[partition]?.push({ line, fed: readFedHeaders(cursor.headers()) })
      }
    }
  }

  async ready(): Promise<void> {}

  async flush(): Promise<void> {
    if (this.loseAfter < 0) throw new Error('killed')
  }

  get lines(): string[] {
    return this.partitions.flat().map(record => record.line)
  }
}

describe('feeding', () => {
  let directory: string
  let path: string
  let warnings: string[]

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wordcount-feed-'))
    path = join(directory, 'text.txt')
  })
  after(() => rm(directory, { recursive: true }))
  beforeEach(() => {
    warnings = []
  })

  async function feedOnce(log: LineLog, content: string | Buffer, mayGoOn = () => true) {
    await writeFile(path, content)
    const text = await TextFile.open(path)
    try {
      const result = await feed(text, { log, clock: systemClock, mayGoOn, warn: message => warnings.push(message) })
      return { ...result, isFed: await isFed(text, log) }
    } finally {
      await text.close()
    }
  }

  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `line ${from + i} ${'x'.repeat((from + i) % 90)}`)
  const textOf = (lines: readonly string[]) => lines.map(line => `${line}\n`).join('')

  it('writes every line, in turn over the partitions', async () => {
    const log = new FakeLog()
    expect(await feedOnce(log, 'a\nb\r\n\nd\ne')).to.deep.equal({ lines: 5, complete: true, isFed: true })
    expect(log.partitions.map(records => records.map(record => record.line))).to.deep.equal([
      ['a', 'e'],
      ['b'],
      [''],
      ['d']
    ])
  })

  it('writes nothing the second time, whatever the file is called', async () => {
    const log = new FakeLog()
    const lines = numbered(0, 5000)
    await feedOnce(log, textOf(lines))
    path = join(directory, 'copy.txt')
    expect(await feedOnce(log, textOf(lines))).to.deep.equal({ lines: 0, complete: true, isFed: true })
    expect(log.lines).to.have.members(lines).and.have.length(lines.length)
  })

  it('goes on where a text ended that has grown', async () => {
    const log = new FakeLog()
    await feedOnce(log, textOf(numbered(0, 3000)))
    expect(await feedOnce(log, textOf(numbered(0, 7000)))).to.include({ lines: 4000, complete: true })
    expect(log.lines).to.have.members(numbered(0, 7000)).and.have.length(7000)
  })

  it('adds another text, and still knows the first', async () => {
    const log = new FakeLog()
    await feedOnce(log, textOf(numbered(0, 100)))
    expect(await feedOnce(log, textOf(numbered(500, 600)))).to.include({ lines: 100 })
    expect(await feedOnce(log, textOf(numbered(0, 100)))).to.include({ lines: 0 })
    expect(await feedOnce(log, textOf(numbered(500, 600)))).to.include({ lines: 0 })
  })

  it('takes a text that was changed for another one', async () => {
    const log = new FakeLog()
    await feedOnce(log, 'one\ntwo\nthree\n')
    expect(await feedOnce(log, 'One\ntwo\nthree\nfour\n')).to.include({ lines: 4 })
  })

  it('loses and repeats no line, after however many batches it is killed', async function () {
    this.timeout(30_000)
    const lines = numbered(0, 12_000)
    for (let loseAfter = 0; loseAfter < 14; loseAfter++) {
      const log = new FakeLog(3)
      log.loseAfter = loseAfter
      await feedOnce(log, textOf(lines)).catch(() => undefined)
      log.loseAfter = Number.POSITIVE_INFINITY
      expect(await feedOnce(log, textOf(lines))).to.include({ complete: true, isFed: true })
      expect(log.lines.length, `killed after ${loseAfter}`).to.equal(lines.length)
      expect(new Set(log.lines).size).to.equal(lines.length)
    }
  })

  it('stops when told to, and goes on from there', async () => {
    const log = new FakeLog()
    const lines = numbered(0, 20_000)
    let blocks = 0
    const stopped = await feedOnce(log, textOf(lines), () => blocks++ < 2)
    expect(stopped).to.include({ complete: false, isFed: false })
    expect(stopped.lines).to.be.within(1, lines.length - 1)
    expect((await feedOnce(log, textOf(lines))).lines).to.equal(lines.length - stopped.lines)
    expect(new Set(log.lines).size).to.equal(log.lines.length)
  })

  it('finds its bookmark behind lines that somebody else wrote', async () => {
    const log = new FakeLog()
    await feedOnce(log, 'a\nb\nc\nd\n')
    for (const records of log.partitions) records.push({ line: 'foreign', fed: undefined })
    expect(await feedOnce(log, 'a\nb\nc\nd\n')).to.include({ lines: 0 })
  })

  it('replaces what is not UTF-8, once warned', async () => {
    const log = new FakeLog(1)
    await feedOnce(
      log,
      Buffer.concat([Buffer.from('fine é\n'), Buffer.from([0x63, 0xe9, 0x0a, 0xff, 0x0a]), Buffer.from('more\n')])
    )
    expect(log.lines).to.deep.equal(['fine é', 'c\uFFFD', '\uFFFD', 'more'])
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.include('from line 2')
  })

  it('cuts an overlong line between words', async () => {
    const log = new FakeLog(1)
    const long = Array.from({ length: 400_000 }, (_, i) => `w${i}`).join(' ')
    await feedOnce(log, `${long}\nend\n`)
    expect(log.lines.flatMap(line => line.split(' ').filter(word => word !== ''))).to.deep.equal([
      ...long.split(' '),
      'end'
    ])
    expect(Math.max(...log.lines.map(line => line.length))).to.be.at.most(MAX_LINE_BYTES + 256 * 1024)
  })

  it('cuts an overlong word between characters', async () => {
    const log = new FakeLog(1)
    const long = '😀'.repeat(400_000)
    await feedOnce(log, `a${long}`)
    expect(log.lines.join('')).to.equal(`a${long}`)
    expect(log.lines.length).to.be.greaterThan(1)
  })

  it('feeds any text exactly once over any number of growing versions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\r\n', ' '), maxLength: 30 }), { maxLength: 5 }),
        async parts => {
          const log = new FakeLog(3)
          let content = ''
          for (const part of parts) {
            content += `${part}\n`
            await feedOnce(log, content)
          }
          const expected = content
            .split('\n')
            .slice(0, -1)
            .map(line => line.replace(/\r$/, ''))
          expect(log.lines.toSorted()).to.deep.equal(expected.toSorted())
        }
      ),
      { numRuns: 30 }
    )
  })
})

describe('text file', () => {
  async function codeOf(path: string): Promise<unknown> {
    return TextFile.open(path).then(
      () => 'opened',
      (error: { code: string }) => error.code
    )
  }

  it('must be there and be a file', async () => {
    expect(await codeOf(join(tmpdir(), 'no-such-text'))).to.equal('FILE_NOT_FOUND')
    expect(await codeOf(tmpdir())).to.equal('FILE_UNREADABLE')
  })
})
