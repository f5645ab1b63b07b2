/** Refuses stores and repartition topics whose names are generated: `ensureExplicitInternalResourceNaming`. */
import { MillraceError } from '@millrace/state'
import type { NameCounter } from './names.js'
import type { Topology } from './topology.js'

/** Throws `TOPOLOGY_UNNAMED`. */
export function requireNames(topology: Topology, names: Pick<NameCounter, 'isGenerated'>): void {
  const generated = (all: ReadonlyMap<string, unknown>): string[] =>
    [...all.keys()].filter(name => names.isGenerated(name))
  // A buffer without a changelog leaves nothing behind.
  const kept = [...topology.stores].filter(([, { kind, logging }]) => kind !== 'buffer' || logging)
  const stores = generated(new Map(kept))
  const repartitionTopics = generated(topology.repartitionTopics)
  const unnamed = [
    ...stores.map(name => `store ${name}`),
    ...repartitionTopics.map(name => `repartition topic ${name}`)
  ]
  if (unnamed.length === 0) return
  throw new MillraceError(
    'TOPOLOGY_UNNAMED',
    `Names are generated of ${unnamed.join(', ')}; they change when operators before them are added or removed, and what is ` +
      'stored under them is then left behind. Give names with the options store (of tables, aggregations and stream joins) and name.',
    { details: { stores, repartitionTopics } }
  )
}
