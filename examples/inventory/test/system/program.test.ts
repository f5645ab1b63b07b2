/** The program as a user runs it, on the embedded broker: what it shows and answers, Ctrl-C, `kill -9`, what it refuses. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embedded, silentLogger } from '@millrace/core'
import { expect } from 'chai'
import { answersAt, ended, said, type Program } from '../../../shared/dist-test/support/ended.js'
import { eventually } from '../../../shared/dist-test/support/eventually.js'
import { ITEMS, STORES } from '../../dist/trade.js'
import { ask } from '../support/answers.js'
import { bookedOn } from '../support/booked.js'
import { plainCounts } from '../support/plain-model.js'
import { MAIN } from '../support/program.js'

const KEYS = STORES.flatMap(storeId => ITEMS.map(itemId => ({ storeId, itemId })))

describe('inventory program', function () {
  this.timeout(60_000)
  let directory: string
  const programs: Program[] = []

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'inventory-'))
  })
  afterEach(async () => {
    for (const program of programs.splice(0)) if (program.exitCode === null) program.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  })

  function start(...argv: string[]): Program {
    const own = ['--directory', join(directory, 'data'), '--port', '0']
    const program = spawn(process.execPath, [MAIN, ...own, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
    programs.push(program)
    return program
  }

  /** By the records of the topics, while no program has the log open. */
  async function plainCountsOfLog(): Promise<ReadonlyMap<string, number>> {
    const broker = embedded({ directory: join(directory, 'data', 'log') })
    const connection = await broker.connect({ clientId: 'test', logger: silentLogger })
    try {
      return plainCounts(await bookedOn(connection))
    } finally {
      await connection.close()
      await broker.close()
    }
  }

  it('shows counts and answers about them, and on Ctrl-C says what is committed and leaves within two seconds', async () => {
    const program = start('--rate', '500')
    const end = ended(program)
    const port = Number((await answersAt(program)).port)
    await eventually(() => ask(port, KEYS))
    const interrupted = performance.now()
    program.kill('SIGINT')
    const { status, stdout, stderr } = await end
    expect(performance.now() - interrupted).to.be.lessThan(2_000)
    expect(status, stderr).to.equal(0)
    expect(stdout)
      .to.match(/^inventory {2}NOT_RUNNING/m)
      .and.to.match(/^umbrella( +-?\d+){4}$/m)
    const [, committed, total] = /^([\d,]+) of ([\d,]+) sales and shipments are counted and committed/m.exec(stderr)!
    expect(committed).to.equal(total)
  })

  it('has the counts of the plain model after it was killed with kill -9', async () => {
    for (const seed of ['1', '2', '3']) {
      const program = start('--rate', '2000', '--seed', seed)
      const end = ended(program)
      await said(program, /pieces of 6 items in 4 stores/)
      await new Promise(resolve => setTimeout(resolve, Math.random() * 1_500))
      program.kill('SIGKILL')
      await end
    }
    const expected = await plainCountsOfLog()
    expect(expected.size).to.equal(KEYS.length)
    const port = Number((await answersAt(start('--rate', '0'))).port)
    await eventually(async () => expect((await ask(port, KEYS)).counts).to.deep.equal(expected))
  })

  it('ends with one line, a code and its status when it cannot start', async () => {
    const port = (await answersAt(start())).port
    for (const [argv, status, code] of [
      [['--raet', '5'], 2, 'UNKNOWN_OPTION'],
      [[], 1, 'EMBEDDED_LOG_LOCKED'],
      [['--directory', join(directory, 'other'), '--port', port], 2, 'IQ_PORT_IN_USE']
    ] as const) {
      const result = await ended(start(...argv))
      expect([result.status, result.stdout], argv.join(' ')).to.deep.equal([status, ''])
      expect(result.stderr).to.match(new RegExp(`^inventory: [^\\n]+ \\[${code}\\]\\n$`))
    }
  })
})
