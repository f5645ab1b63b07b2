/** The program as a user runs it, on the embedded broker: output, exit status, a second run, Ctrl-C. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { answersAt, ended, said, type Program } from '../../../shared/dist-test/support/ended.js'
import { ALICE, expectedCounts, MAIN } from '../support/program.js'

describe('wordcount', function () {
  this.timeout(60_000)
  let directory: string
  const children: Program[] = []

  const start = (...argv: string[]) => {
    const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    return child
  }
  const run = (...argv: string[]) => ended(start('--directory', join(directory, 'data'), ...argv))
  const tsv = (...argv: string[]) => run('--once', '--format', 'tsv', ...argv)

  /** Starts it to stay up, and waits until it shows counts. */
  async function startTable() {
    const child = start('--directory', join(directory, 'data'), '--port', '0')
    const end = ended(child)
    const [url] = await Promise.all([answersAt(child), said(child, /\d words/)])
    return { child, end, url }
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wordcount-'))
  })
  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  })

  it('counts as sort and uniq do, and the same again in a second run', async () => {
    const expected = await expectedCounts(ALICE)
    const first = await tsv()
    expect(first.status, first.stderr).to.equal(0)
    expect(first.stdout).to.equal(expected)
    expect((await tsv()).stdout).to.equal(expected)
  })

  it('counts the same with two threads', async () => {
    expect((await tsv('--threads', '2')).stdout).to.equal(await expectedCounts(ALICE))
  })

  it('adds what a text has grown by, and other texts', async () => {
    const file = join(directory, 'text.txt')
    const text = await readFile(ALICE, 'latin1')
    await writeFile(file, text.slice(0, text.indexOf('\n', 50_000) + 1))
    await tsv('--file', file)
    await writeFile(file, text)
    expect((await tsv('--file', file)).stdout).to.equal(await expectedCounts(ALICE))
    await writeFile(file, 'alice!\n')
    expect((await tsv('--file', file)).stdout).to.match(/^alice\t399$/m)
  })

  it('goes on where a killed run was', async () => {
    const file = join(directory, 'long.txt')
    await writeFile(file, (await readFile(ALICE, 'latin1')).repeat(20))
    for (const ms of [500, 700, 900]) {
      const child = start('--directory', join(directory, 'data'), '--once', '--format', 'tsv', '--file', file)
      const end = ended(child)
      setTimeout(() => child.kill('SIGKILL'), ms)
      await end
    }
    const counts = (output: string) =>
      new Map(
        output
          .trimEnd()
          .split('\n')
          .map(line => line.split('\t') as [string, string])
      )
    const expected = counts(await expectedCounts(file))
    const found = counts((await tsv('--file', file)).stdout)
    // At least once: a crash loses nothing, and may count again what was not committed.
    for (const [word, times] of expected) expect(Number(found.get(word)), word).to.be.at.least(Number(times))
    expect(found.size).to.equal(expected.size)
  })

  it('counts a file that is not UTF-8, with a warning', async () => {
    const file = join(directory, 'latin1.txt')
    await writeFile(file, Buffer.from('caf\xe9 caf\xe9 bar\n', 'latin1'))
    const { status, stdout, stderr } = await tsv('--file', file)
    expect([status, stdout]).to.deep.equal([0, 'caf\t2\nbar\t1\n'])
    expect(stderr).to.match(/^warning: .*latin1\.txt is not all UTF-8/m)
  })

  it('answers queries while it is up, and on Ctrl-C says what is committed and leaves within two seconds', async () => {
    const { child, end, url } = await startTable()
    const answer = await fetch(new URL('/stores/counts/keys/alice', url))
    expect(await answer.json()).to.include({ store: 'counts', key: 'alice', value: 398 })
    const interrupted = performance.now()
    child.kill('SIGINT')
    const { status, stderr } = await end
    expect(performance.now() - interrupted).to.be.lessThan(2_000)
    expect(status).to.equal(0)
    expect(stderr).to.match(/^3,601 of 3,601 lines are counted and committed/m)
  })

  it('ends with one line, a code and its status when it cannot start', async () => {
    const data = join(directory, 'data')
    const running = await startTable()
    const { port } = running.url
    const cases: [argv: string[], status: number, code: string, named: string][] = [
      [['--fiel', 'x'], 2, 'UNKNOWN_OPTION', '--file'],
      [['--file', join(directory, 'none.txt')], 2, 'FILE_NOT_FOUND', 'none.txt'],
      [['--file', directory], 2, 'FILE_UNREADABLE', directory],
      [['--directory', join(directory, 'other'), '--port', port], 2, 'IQ_PORT_IN_USE', port],
      [['--directory', data, '--once'], 1, 'EMBEDDED_LOG_LOCKED', data],
      [
        ['--brokers', '127.0.0.1:1', '--once', '--directory', join(directory, 'kafka')],
        1,
        'BROKER_UNREACHABLE',
        '127.0.0.1:1'
      ]
    ]
    for (const [argv, status, code, named] of cases) {
      const result = await ended(start(...argv))
      expect(result.status, argv.join(' ')).to.equal(status)
      expect(result.stdout).to.equal('')
      expect(result.stderr)
        .to.match(/^wordcount: [^\n]+ \[[A-Z_]+\]\n$/)
        .and.include(`[${code}]`)
        .and.include(named)
    }
    running.child.kill('SIGINT')
    await running.end
  })
})
