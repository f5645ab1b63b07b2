/** The command line: what it accepts, and the line, code and status of each wrong use. */
import { expect } from 'chai'
import { failureOf } from '../../../shared/dist/failure.js'
import { DEFAULT_PORT, parseOptions } from '../../dist/options.js'

function options(...argv: string[]) {
  const invocation = parseOptions(argv)
  if (!('options' in invocation)) throw new Error('printed something instead')
  return invocation.options
}

function refusal(...argv: string[]) {
  try {
    parseOptions(argv)
  } catch (error) {
    return failureOf(error, 'wordcount')
  }
  throw new Error(`accepted ${argv.join(' ')}`)
}

describe('options', () => {
  it('have defaults for everything', () => {
    const { file, ...rest } = options()
    expect(file).to.match(/alice-in-wonderland\.txt$/)
    expect(rest).to.deep.equal({
      once: false,
      format: 'table',
      top: 20,
      brokers: undefined,
      threads: 0,
      directory: '.millrace/wordcount',
      applicationId: 'wordcount',
      port: DEFAULT_PORT
    })
  })

  it('are read', () => {
    expect(
      options(
        '--file',
        'a.txt',
        '--once',
        '--format=tsv',
        '--top',
        '5',
        '--brokers',
        'a:1, [::1]:65535',
        '--threads',
        '2',
        '--directory',
        'd',
        '--application-id',
        'x.y_z-1',
        '--port',
        '0'
      )
    ).to.deep.equal({
      file: 'a.txt',
      once: true,
      format: 'tsv',
      top: 5,
      brokers: ['a:1', '[::1]:65535'],
      threads: 2,
      directory: 'd',
      applicationId: 'x.y_z-1',
      port: 0
    })
  })

  it('answer queries with --once only when a port is asked for', () => {
    expect(options('--once').port).to.equal(undefined)
    expect(options('--once', '--port', '1234').port).to.equal(1234)
  })

  it('name the nearest flag for one that does not exist', () => {
    for (const [given, meant] of [
      ['--fiel', '--file'],
      ['--ONCE', '--once'],
      ['--broker', '--brokers'],
      ['--app', '--application-id'],
      ['--formt=tsv', '--format'],
      ['--dir', '--directory'],
      ['--thread', '--threads']
    ] as const) {
      const { line, status } = refusal(given)
      expect(status, given).to.equal(2)
      expect(line, given).to.match(new RegExp(`did you mean ${meant}\\? \\[UNKNOWN_OPTION\\]$`))
    }
  })

  it('end with one line, a code and status 2 when they are wrong', () => {
    for (const [argv, code] of [
      [['--format', 'xml'], 'INVALID_VALUE'],
      [['--top', '0'], 'INVALID_VALUE'],
      [['--top', 'ten'], 'INVALID_VALUE'],
      [['--threads', '-1'], 'INVALID_VALUE'],
      [['--threads', '1.5'], 'INVALID_VALUE'],
      [['--port', '65536'], 'INVALID_VALUE'],
      [['--brokers', 'localhost'], 'INVALID_VALUE'],
      [['--brokers', 'a:0'], 'INVALID_VALUE'],
      [['--brokers', 'a:1,,b:2'], 'INVALID_VALUE'],
      [['--application-id', 'a b'], 'INVALID_VALUE'],
      [['--application-id', '..'], 'INVALID_VALUE'],
      [['--directory', ''], 'INVALID_VALUE'],
      [['--file'], 'MISSING_VALUE'],
      [['text.txt'], 'UNEXPECTED_ARGUMENT']
    ] as const) {
      const { line, status } = refusal(...argv)
      expect(status, argv.join(' ')).to.equal(2)
      expect(line, argv.join(' ')).to.match(/^wordcount: .+ \[[A-Z_]+\]$/)
      expect(line, argv.join(' ')).to.include(`[${code}]`)
    }
  })

  it('print help and version', () => {
    const help = parseOptions(['-h'])
    expect(help).to.have.property('text').that.includes('--application-id').and.includes('--once')
    expect(parseOptions(['--version']))
      .to.have.property('text')
      .that.matches(/^\d+\.\d+\.\d+\n$/)
  })
})
