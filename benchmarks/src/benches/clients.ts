/** Writing and reading two million records: Millrace's client and Java's in turns. */
import { withBroker } from '../broker.js'
import { Child, type Command } from '../child.js'
import { javaPrograms, nodeProgram } from '../commands.js'
import { load } from '../machine.js'
import { nodePeerPrograms, versioned } from '../node-peers.js'
import { type BenchOptions, isKept, type Peer } from '../options.js'
import { report, type Round } from '../report.js'
import { createTopic, PARTITIONS, recordCount } from '../topics.js'

const JAVA = 'Java client 4.3.1'
const MILLRACE = 'Millrace client'
/** Java's default is 16 KiB. Millrace's producer takes batches as its caller has made them, in the runtime of this size. */
const BATCH_BYTES = 256 * 1024
const JAVA_LARGE_BATCHES = `${JAVA}, batches as large`
const KEY_BYTES = 16
const VALUE_BYTES = 100
const READ = 'bench-records'

interface Contender {
  readonly name: string
  readonly produce: (args: string[]) => Command
  readonly consume: (args: string[]) => Command
  readonly rounds: Round[]
}

/** What a workload says when the last record is acknowledged or read. */
interface Finished {
  readonly records: number
  readonly bytes: number
}

export async function benchClients(which: 'produce' | 'consume', options: BenchOptions): Promise<void> {
  const { smoke, profile, peers } = options
  const java = await javaPrograms()
  const records = smoke ? 20_000 : 2_000_000
  const contenders: Contender[] = [
    {
      name: JAVA,
      produce: args => java('Produce', args),
      consume: args => java('Consume', args),
      rounds: []
    },
    {
      name: MILLRACE,
      produce: args => nodeProgram('workloads/produce-millrace', args, profile),
      consume: args => nodeProgram('workloads/consume-millrace', args, profile),
      rounds: []
    }
  ]
  contenders.push(...nodeClients(peers))
  if (which === 'produce') {
    const produce = (args: string[]): Command => java('Produce', [...args, String(BATCH_BYTES)])
    contenders.push({ name: JAVA_LARGE_BATCHES, produce, consume: produce, rounds: [] })
  }
  const loadBefore = load()
  await withBroker(async ({ addresses, connection }) => {
    if (which === 'consume') {
      await createTopic(connection, READ)
      await new Child(java('Produce', [addresses, READ, String(records)])).end()
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const { name, produce, consume, rounds } of round % 2 === 0 ? contenders : contenders.toReversed()) {
        const topic = which === 'consume' ? READ : `bench-produced-${round}-${name.replaceAll(/[^A-Za-z0-9]+/g, '-')}`
        if (which === 'produce') await createTopic(connection, topic)
        const command = (which === 'consume' ? consume : produce)([addresses, topic, String(records)])
        rounds.push(await runRound(`round ${round + 1}, ${name}`, command, records))
        if (which === 'consume') continue
        const written = await recordCount(connection, topic)
        if (written !== records) throw new Error(`${name}: ${written} records are in the topic, not ${records}`)
        await connection.deleteTopics([topic])
      }
    }
  })
  report({
    name: which,
    kept: isKept(options),
    settings: {
      records,
      'key bytes': KEY_BYTES,
      'value bytes': VALUE_BYTES,
      partitions: PARTITIONS,
      'all else': which === 'produce' ? 'defaults: idempotent, acks=all, no compression' : 'defaults',
      measured: `from process start until the last record is ${which === 'produce' ? 'acknowledged' : 'read'}`
    },
    contenders: contenders.map(({ name, rounds }) => ({ name, unit: 'records/s', rounds })),
    ratios: contenders.filter(({ name }) => name !== MILLRACE).map(({ name }) => [MILLRACE, name] as const),
    loadBefore
  })
}

/** Those that were asked for. */
function nodeClients(peers: readonly Peer[]): Contender[] {
  const asked = (
    [
      ['kafkajs', 'kafkajs'],
      ['platformatic', '@platformatic/kafka']
    ] as const
  ).filter(([peer]) => peers.includes(peer))
  if (asked.length === 0) return []
  const program = nodePeerPrograms()
  return asked.map(([peer, library]) => ({
    name: versioned(library),
    produce: args => program(`produce-${peer}`, args),
    consume: args => program(`consume-${peer}`, args),
    rounds: []
  }))
}

async function runRound(title: string, command: Command, records: number): Promise<Round> {
  const child = new Child(command)
  const finished = JSON.parse(await child.line(/"finished"/)) as Finished
  const cost = child.cost()
  await child.end()
  const bytes = records * (KEY_BYTES + VALUE_BYTES)
  if (finished.records !== records || finished.bytes !== bytes)
    throw new Error(
      `${title}: ${finished.records} records of ${finished.bytes} bytes instead of ${records} of ${bytes}`
    )
  const value = records / cost.seconds
  console.log(
    `${title}: ${cost.seconds.toFixed(2)} s, ${Math.round(value).toLocaleString('en-US')} records/s, ` +
      `${cost.cpuSeconds.toFixed(2)} s CPU, ${cost.peakMiB} MiB`
  )
  return { value, cost }
}
