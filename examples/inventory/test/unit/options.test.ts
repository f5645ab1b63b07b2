/** The command line of the inventory; what it shares with other programs is tested with the word count. */
import { expect } from 'chai'
import { failureOf } from '../../../shared/dist/failure.js'
import { DEFAULT_PORT, DEFAULT_RATE, parseOptions } from '../../dist/options.js'

function options(...argv: string[]) {
  const invocation = parseOptions(argv)
  if (!('options' in invocation)) throw new Error('printed something instead')
  return invocation.options
}

describe('options', () => {
  it('have defaults for everything', () => {
    expect(options()).to.deep.equal({
      brokers: undefined,
      rate: DEFAULT_RATE,
      seed: 1,
      rows: 20,
      directory: '.millrace/inventory',
      applicationId: 'inventory',
      port: DEFAULT_PORT
    })
  })

  it('make nothing up on Kafka unless asked to', () => {
    expect(options('--brokers', 'a:1')).to.include({ rate: 0 })
    expect(options('--brokers', 'a:1', '--rate', '5', '--seed', '9', '--port', '0')).to.include({
      rate: 5,
      seed: 9,
      port: 0
    })
  })

  it('end with one line, a code and status 2 when they are wrong', () => {
    for (const [argv, code] of [
      [['--rate', '-1'], 'INVALID_VALUE'],
      [['--seed', 'x'], 'INVALID_VALUE'],
      [['--rows', '0'], 'INVALID_VALUE'],
      [['--brokers', 'localhost'], 'INVALID_VALUE'],
      [['--port'], 'MISSING_VALUE'],
      [['--raet', '1'], 'UNKNOWN_OPTION'],
      [['extra'], 'UNEXPECTED_ARGUMENT']
    ] as const) {
      try {
        parseOptions(argv)
      } catch (error) {
        const { line, status } = failureOf(error, 'inventory')
        expect(status, argv.join(' ')).to.equal(2)
        expect(line).to.match(new RegExp(`^inventory: .+ \\[${code}\\]$`))
        continue
      }
      throw new Error(`accepted ${argv.join(' ')}`)
    }
  })

  it('print help', () => {
    expect(parseOptions(['--help']))
      .to.have.property('text')
      .that.includes('--brokers')
      .and.includes('--rate')
  })
})
