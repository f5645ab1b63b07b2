/** Starts a cluster of one or three brokers and waits until it answers. */
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '@millrace/state'
import { freePorts } from './free-ports.js'
import { requireJava } from './java-tools.js'
import { ensureKafkaJars } from './kafka-jars.js'
import { KafkaNode } from './kafka-node.js'
import { liveBrokers } from './probe.js'
import { serverProperties, type NodePorts } from './server-properties.js'

const START_TIMEOUT_MS = 90_000
const PROBE_INTERVAL_MS = 100

export interface StartKafkaOptions {
  /** How many brokers; default 1. */
  readonly nodes?: 1 | 3
  /** Keeps data, ports and logs here, and can be opened again; without it they go to a temporary directory that `stop` removes. */
  readonly directory?: string
  /** Port of the first node; the others take the next ones. Default: free ports, or those of an earlier run of `directory`. */
  readonly port?: number
  /** Added to, or replacing, entries of `server.properties`; a function gets the node's number from 0 and its ports. */
  readonly properties?:
    Readonly<Record<string, string>> | ((node: number, ports: NodePorts) => Readonly<Record<string, string>>)
  /** Java's -Xmx for each broker; default 768m. */
  readonly heap?: string
}

/** One broker of a running cluster. */
export interface RunningNode {
  /** SIGKILL. */
  kill(): Promise<void>
  /** A clean shutdown. */
  stop(): Promise<void>
  /** Starts it again on the same port and data; resolves once it answers. */
  start(): Promise<void>
}

/** A cluster that runs as children of this process, and dies with it. */
export interface RunningKafka {
  /** `host:port` of each node. */
  readonly brokers: readonly string[]
  /** Holds one directory per node, each with `server.properties`, `broker.log` and `data`. */
  readonly directory: string
  /** The node with this number, from 0. */
  node(index: number): RunningNode
  /** Stops all nodes, and removes the data unless a directory was given. */
  stop(): Promise<void>
}

/**
 * Starts Apache Kafka in KRaft mode on 127.0.0.1 and resolves once every node answers and knows all others.
 *
 * Rejects with `BROKER_TOOL_NO_JAVA`, `BROKER_TOOL_NO_MAVEN`, `BROKER_TOOL_DOWNLOAD_FAILED`, or
 * `BROKER_TOOL_START_FAILED` with the end of the broker's log.
 */
export async function startKafka(options: StartKafkaOptions = {}): Promise<RunningKafka> {
  await requireJava()
  const jarDirectory = await ensureKafkaJars()
  const temporary = options.directory === undefined
  const directory = temporary ? await mkdtemp(join(tmpdir(), 'millrace-kafka-')) : resolve(options.directory)
  const ports = await choosePorts(directory, options)
  const nodes = ports.map((_, index) => createNode(index, ports, directory, jarDirectory, temporary, options))
  const killAll = (): void => {
    for (const node of nodes) node.killNow()
    if (temporary) rmSync(directory, { recursive: true, force: true })
  }
  process.once('exit', killAll)
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map(node => node.stop()))
    process.off('exit', killAll)
    if (temporary) await rm(directory, { recursive: true, force: true })
  }
  try {
    await Promise.all(nodes.map(node => node.prepare()))
    for (const node of nodes) node.launch()
    await Promise.all(nodes.map(node => untilReady(node, nodes.length)))
  } catch (cause) {
    await Promise.all(nodes.map(node => node.kill()))
    await stop()
    throw cause
  }
  return {
    brokers: nodes.map(node => `127.0.0.1:${node.port}`),
    directory,
    node: index => runningNode(nodes, index),
    stop
  }
}

function createNode(
  index: number,
  ports: readonly NodePorts[],
  directory: string,
  jarDirectory: string,
  temporary: boolean,
  options: StartKafkaOptions
): KafkaNode {
  const own = join(directory, `node-${index + 1}`)
  const port = ports[index]!.client
  const overrides =
    typeof options.properties === 'function' ? options.properties(index, ports[index]!) : options.properties
  return new KafkaNode({
    id: index + 1,
    port,
    jarDirectory,
    directory: own,
    properties: serverProperties(index + 1, ports, join(own, 'data'), overrides),
    heap: options.heap ?? '768m',
    removeWithParent: temporary ? directory : undefined
  })
}

function runningNode(nodes: readonly KafkaNode[], index: number): RunningNode {
  const node = nodes[index]
  if (node === undefined)
    throw new MillraceError('BROKER_TOOL_NO_SUCH_NODE', `the cluster has ${nodes.length} nodes, not a node ${index}`)
  return {
    kill: () => node.kill(),
    stop: () => node.stop(),
    async start() {
      node.launch()
      await untilReady(node, 1)
    }
  }
}

/** Ports are remembered in the directory: the quorum's voters are written into the data. */
async function choosePorts(directory: string, options: StartKafkaOptions): Promise<NodePorts[]> {
  const count = options.nodes ?? 1
  const file = join(directory, 'ports.json')
  await mkdir(directory, { recursive: true })
  const known = await readFile(file, 'utf8').then(
    text => JSON.parse(text) as NodePorts[],
    () => undefined
  )
  if (known !== undefined && known.length !== count) {
    const message = `${directory} holds a cluster of ${known.length} nodes, not ${count}: give another directory`
    throw new MillraceError('BROKER_TOOL_START_FAILED', message, { details: { directory } })
  }
  const free = await freePorts(count * 2)
  const { port } = options
  const ports = Array.from({ length: count }, (_, i) => ({
    client: port === undefined ? (known?.[i]?.client ?? free[i]!) : port + i,
    controller: known?.[i]?.controller ?? free[count + i]!
  }))
  await writeFile(file, JSON.stringify(ports))
  return ports
}

async function untilReady(node: KafkaNode, brokers: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (Date.now() < deadline) {
    if (!node.running) throw await node.failure('ended while it was starting')
    const alive = await liveBrokers(node.port).catch(() => 0)
    // Asked again whether it runs: a foreign broker on the same port answers too.
    if (alive >= brokers && node.running) return
    await delay(PROBE_INTERVAL_MS)
  }
  throw await node.failure(`did not answer on port ${node.port} within ${START_TIMEOUT_MS / 1000} s`)
}
