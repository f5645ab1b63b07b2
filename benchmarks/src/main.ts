/** `npm run bench`: Millrace beside its peers. Says how long everything takes; proves nothing but what it measures. */
import { parseArgs } from 'node:util'
import { benchClients } from './benches/clients.js'
import { benchEmbedded } from './benches/embedded.js'
import { benchOpen } from './benches/open.js'
import { benchWordCount } from './benches/wordcount.js'
import type { BenchOptions } from './options.js'

const BENCHES = new Map<string, (options: BenchOptions) => Promise<void>>([
  ['wordcount', benchWordCount],
  ['produce', options => benchClients('produce', options)],
  ['consume', options => benchClients('consume', options)],
  ['embedded', benchEmbedded],
  ['open', benchOpen]
])

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})
const names = positionals.length > 0 ? positionals : [...BENCHES.keys()]
const unknown = names.find(name => !BENCHES.has(name))
if (values.help || unknown !== undefined) {
  if (unknown !== undefined) console.error(`There is no benchmark ${unknown}.`)
  console.log(`npm run bench -- [${[...BENCHES.keys()].join('|')}]… [--rounds 3] [--smoke]`)
  process.exitCode = unknown === undefined ? 0 : 2
} else {
  const rounds = Number(values.rounds ?? (values.smoke ? 1 : 3))
  for (const name of names) {
    console.log(`\n# ${name}`)
    await BENCHES.get(name)!({ smoke: values.smoke, rounds })
  }
}
