/** `kill -9` at random moments: the stores always open, are never ahead of their changelog, and no word is lost. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BrokerConnection, embedded, serdes, silentLogger, type StoreDefinition } from '@millrace/core'
import { readRecordBatches } from '@millrace/core/internal'
import { decode, levelEngine, openTaskState, StateDirectory } from '@millrace/state'
import { expect } from 'chai'
import { ended, type Program } from '../../../shared/dist-test/support/ended.js'
import { ALICE, expectedCounts, MAIN } from '../support/program.js'

const ROUNDS = 5
const counts: StoreDefinition<string, number> = {
  kind: 'key-value',
  name: 'counts',
  key: serdes.string(),
  value: serdes.int64(),
  logging: true,
  caching: true
}

const toMap = (tsv: string) =>
  new Map(
    tsv
      .split('\n')
      .filter(line => line !== '')
      .map(line => line.split('\t') as [string, string])
  )

describe('wordcount killed with kill -9', function () {
  this.timeout(120_000)
  let directory: string
  let file: string
  const programs: Program[] = []

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wordcount-kill-'))
    file = join(directory, 'long.txt')
    const alice = await readFile(ALICE, 'utf8')
    await writeFile(file, `${alice}\n`.repeat(60))
  })
  after(async () => {
    for (const program of programs) program.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  })

  const start = (...argv: string[]) => {
    const own = ['--directory', join(directory, 'data'), '--port', '0', '--file', file]
    const program = spawn(process.execPath, [MAIN, ...own, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
    programs.push(program)
    return program
  }

  /** What a partition of the changelog says of each word before an offset, and where it ends. */
  async function changelog(connection: BrokerConnection, partition: number, before: number) {
    const topic = 'wordcount-counts-changelog'
    const end = (await connection.listOffsets([{ topic, partition }], 'latest'))[0]!.offset
    const values = new Map<string, number>()
    let offset = (await connection.listOffsets([{ topic, partition }], 'earliest'))[0]!.offset
    while (offset < Math.min(before, end)) {
      const partitions = [{ topic, partition, offset, maxBytes: 1 << 20 }]
      const request = { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, isolation: 'read_committed' as const, partitions }
      const [result] = await connection.fetch(0, request, new AbortController().signal)
      for (const batch of readRecordBatches(result!.records)) {
        const cursor = batch.cursor()
        while (cursor.next()) {
          if (cursor.offset >= before) continue
          const { bytes, keyStart, keyEnd, valueStart, valueEnd } = cursor
          const word = decode(counts.key, bytes.subarray(keyStart, keyEnd))
          values.set(word, decode(counts.value, bytes.subarray(valueStart, valueEnd)))
        }
        offset = batch.lastOffset + 1
      }
    }
    return { values, end }
  }

  /** Opens every store of the dead program and compares it with the changelog up to the offset it stored. */
  async function expectStoresToFollowTheirChangelogs(): Promise<void> {
    const broker = embedded({ directory: join(directory, 'data', 'log') })
    const connection = await broker.connect({ clientId: 'test', logger: silentLogger })
    const states = await StateDirectory.open({ root: join(directory, 'data', 'state'), applicationId: 'wordcount' })
    try {
      if ((await connection.describeTopics(['wordcount-counts-changelog'])).size === 0) return
      for (const partition of [0, 1, 2, 3]) {
        const place = await states.acquire(`1_${partition}`)
        const state = await openTaskState(
          { directory: place, definitions: [counts], cacheMaxBytes: 1 << 20 },
          { engine: levelEngine() }
        )
        const stored = state.changelogOffset('counts') ?? 0
        const { values, end } = await changelog(connection, partition, stored)
        const found = new Map<unknown, unknown>()
        for await (const [word, { value }] of state.store('counts').range({})) found.set(word, value)
        await state.close()
        expect(stored).to.be.at.most(end)
        expect(found).to.deep.equal(values)
      }
    } finally {
      await connection.close()
      await broker.close()
    }
  }

  it(`loses nothing over ${ROUNDS} kills, and every store is a prefix of its changelog each time`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const program = start()
      const end = ended(program)
      // Somewhere between start-up and the end of the text; where exactly is what makes the rounds differ.
      await sleep(400 + Math.random() * 1500)
      program.kill('SIGKILL')
      await end
      await expectStoresToFollowTheirChangelogs()
    }
    const { status, stdout, stderr } = await ended(start('--once', '--format', 'tsv'))
    expect(status, stderr).to.equal(0)
    const found = toMap(stdout)
    const expected = toMap(await expectedCounts(file))
    expect([...found.keys()].toSorted()).to.deep.equal([...expected.keys()].toSorted())
    expect([...expected].filter(([word, count]) => Number(found.get(word)) < Number(count))).to.deep.equal([])
  })
})
