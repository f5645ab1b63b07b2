import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts, requireKafka } from '@millrace/broker-tool'
import { expect } from 'chai'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

describe('npm run broker', function () {
  this.timeout(180_000)

  it('refuses wrong arguments, with a hint', async () => {
    const wrong = await broker('start', '--nodes', '2')
    expect(wrong.code).to.equal(1)
    expect(wrong.stderr).to.include('must be 1 or 3')
    expect((await broker('start', '--prot', '1')).stderr).to.include('Did you mean --port?')
  })

  it('says when there is nothing to stop or to report', async () => {
    const [port] = await freePorts(1)
    expect(await broker('status', '--port', String(port))).to.include({
      code: 1,
      stdout: `no broker runs at port ${port}\n`
    })
    expect(await broker('stop', '--port', String(port))).to.include({ code: 0 })
  })

  it('starts a broker, finds it, starts no second one, and stops it', async function () {
    await requireKafka(this)
    const directory = await mkdtemp(join(tmpdir(), 'millrace-command-'))
    const port = String((await freePorts(1))[0])
    try {
      const started = await broker('start', '--detach', '--port', port, '--directory', directory)
      expect(started.stdout, started.stderr).to.equal(`Kafka at 127.0.0.1:${port} (data and logs in ${directory})\n`)
      expect((await broker('status', '--port', port)).stdout).to.include(`Kafka at 127.0.0.1:${port}`)
      const second = await broker('start', '--port', port)
      expect(second).to.include({ code: 1 })
      expect(second.stderr).to.include('BROKER_TOOL_ALREADY_RUNNING')
    } finally {
      expect((await broker('stop', '--port', port)).code).to.equal(0)
      await rm(directory, { recursive: true, force: true })
    }
    expect((await broker('status', '--port', port)).code).to.equal(1)
  })
})

function broker(
  ...args: string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [MAIN, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}
