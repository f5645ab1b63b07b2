/** Every scenario gives, record for record, what Kafka Streams gives for the same input. */
import { expect } from 'chai'
import { serdes } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { scenarios, type Scenario } from './scenarios.js'

const data = join(import.meta.dirname, '../../../../conformance/semantics')
const inputs = readdirSync(join(data, 'inputs')).toSorted()

interface InputLine {
  readonly topic: string
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line !== '')
const fromText = (text: string) => (text === '\\N' ? null : text)
const toText = (value: string | null) => (value === null ? '\\N' : value.replaceAll('\n', '\\n'))

function readInput(file: string): InputLine[] {
  return lines(join(data, 'inputs', file)).map(line => {
    const [topic, key, value, timestamp] = line.split('\t') as [string, string, string, string]
    return { topic, key: fromText(key), value: fromText(value), timestamp: Number(timestamp) }
  })
}

/** Text, or an int64 where there are eight bytes that begin as small numbers do. */
const textOrNumber = serdes.from<string>({
  name: 'text or number',
  encode: text => Buffer.from(text),
  decode: bytes =>
    bytes.length === 8 && (bytes[0] === 0 || bytes[0] === 255) ? String(bytes.readBigInt64BE(0)) : bytes.toString()
})

async function run(scenario: Scenario, input: readonly InputLine[], caching: boolean): Promise<string[]> {
  const driver = await TopologyTestDriver.open(scenario.build(), caching ? {} : { cacheMaxBytes: 0 })
  try {
    const text = { key: serdes.string(), value: serdes.string() }
    const topics = new Map(scenario.inputs.map(name => [name, driver.createInputTopic(name, text)]))
    const outputs = scenario.outputs.map(
      name => [name, driver.createOutputTopic(name, { key: serdes.string(), value: textOrNumber })] as const
    )
    const written: string[] = []
    let number = 0
    for (const { topic, key, value, timestamp } of input) {
      if (!topics.has(topic)) continue
      await topics.get(topic)!.pipeInput(key, value, timestamp)
      for (const [name, output] of outputs) {
        for (const record of output.readRecordsToList()) {
          written.push([number, name, toText(record.key), toText(record.value), record.timestamp].join('\t'))
        }
      }
      number++
    }
    return written
  } finally {
    await driver.close()
  }
}

describe('semantics equal to Kafka Streams 4.3.1', () => {
  for (const [name, scenario] of scenarios) {
    for (const file of inputs) {
      for (const caching of [true, false]) {
        const golden = `${name}.${basename(file, '.tsv')}.${caching ? 'cached' : 'uncached'}.tsv`
        it(golden, async () => {
          expect(await run(scenario, readInput(file), caching)).to.deep.equal(lines(join(data, 'expected', golden)))
        })
      }
    }
  }

  it('leaves no expected output without a scenario', () => {
    const known = new Set([...scenarios.keys()])
    expect(readdirSync(join(data, 'expected')).filter(file => !known.has(file.split('.')[0]!))).to.deep.equal([])
  })
})
