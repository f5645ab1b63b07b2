/** The stores that an operator of user code asks for. */
import type { StoreBuilder } from '../processor/stores.js'
import type { GraphBuilder } from '../topology/graph-builder.js'

/** Their names; those given as builders are added to the topology, once for each. */
export function connectedStores(graph: GraphBuilder, stores: readonly (StoreBuilder | string)[] = []): string[] {
  return stores.map(store => {
    if (typeof store === 'string') return store
    graph.addStore(store.definition)
    return store.name
  })
}
