/** Writes the broker's configuration file. */

/** One node's ports. */
export interface NodePorts {
  /** Clients connect here. */
  readonly client: number
  /** The KRaft quorum speaks here. */
  readonly controller: number
}

/** Any cluster id does; a fixed one lets a directory be opened again. */
export const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qk'

/**
 * The text of `server.properties` for node `id` (from 1) of the cluster whose nodes have these ports. Entries of
 * `overrides` replace those given here.
 */
export function serverProperties(
  id: number,
  nodes: readonly NodePorts[],
  dataDirectory: string,
  overrides: Readonly<Record<string, string>> = {}
): string {
  const { client, controller } = nodes[id - 1]!
  const replicas = String(nodes.length)
  const properties = new Map<string, string>([
    ['process.roles', 'broker,controller'],
    ['node.id', String(id)],
    ['controller.quorum.voters', nodes.map((node, i) => `${i + 1}@127.0.0.1:${node.controller}`).join(',')],
    ['listeners', `PLAINTEXT://127.0.0.1:${client},CONTROLLER://127.0.0.1:${controller}`],
    ['advertised.listeners', `PLAINTEXT://127.0.0.1:${client}`],
    ['controller.listener.names', 'CONTROLLER'],
    ['listener.security.protocol.map', 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT'],
    ['log.dirs', dataDirectory],
    ['default.replication.factor', replicas],
    ['offsets.topic.replication.factor', replicas],
    ['transaction.state.log.replication.factor', replicas],
    ['transaction.state.log.min.isr', nodes.length > 1 ? '2' : '1'],
    ['min.insync.replicas', nodes.length > 1 ? '2' : '1'],
    // The default of 50 partitions each only makes the first group and the first transaction slow.
    ['offsets.topic.num.partitions', '4'],
    ['transaction.state.log.num.partitions', '4'],
    // A killed broker can come back only when its session has ended: 9 s by default.
    ['broker.session.timeout.ms', '4000'],
    ['broker.heartbeat.interval.ms', '1000'],
    ['group.initial.rebalance.delay.ms', '0'],
    ['auto.create.topics.enable', 'false']
  ])
  for (const [name, value] of Object.entries(overrides)) properties.set(name, value)
  return [...properties].map(([name, value]) => `${name}=${value}\n`).join('')
}
