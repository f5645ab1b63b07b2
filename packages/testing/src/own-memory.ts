/** Where stores lie in tests: in memory, so that a test leaves nothing behind. */
import type { StoreDefinition } from '@millrace/core'

/** The store without its engine, unless that is `memory`, which forgets with each start. */
export function ownMemory(definition: StoreDefinition): StoreDefinition {
  if (definition.engine === 'memory') return definition
  const { engine: _, ...rest } = definition
  return rest
}
