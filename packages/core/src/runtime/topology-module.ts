/** A topology that lives in a module, so that every worker thread can build its own. */
import { MillraceError } from '@millrace/state'
import type { Topology } from '../topology/topology.js'

/** Where to find a topology: an exported `Topology`, or a function that returns one. */
export interface TopologyModule {
  readonly module: URL | string
  /** Name of the export. Default `topology`. */
  readonly export?: string
}

export function isTopologyModule(value: Topology | TopologyModule): value is TopologyModule {
  return 'module' in value
}

/** Imports the module. Rejects with `TOPOLOGY_MODULE_INVALID` when it cannot be loaded or has no topology to offer. */
export async function loadTopology({ module, export: name = 'topology' }: TopologyModule): Promise<Topology> {
  let exported: unknown
  try {
    const loaded: Record<string, unknown> = await import(String(module))
    exported = loaded[name]
    if (typeof exported === 'function') exported = await (exported as () => unknown)()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw invalid(`The topology module ${String(module)} cannot be loaded: ${reason}`, cause)
  }
  if (typeof exported === 'object' && exported !== null && 'subtopologies' in exported) return exported as Topology
  throw invalid(
    `The module ${String(module)} has no topology: its export ${name} must be what StreamsBuilder.build() returns, or a function that returns that.`
  )
}

function invalid(message: string, cause?: unknown): MillraceError {
  return new MillraceError('TOPOLOGY_MODULE_INVALID', message, { cause })
}
