/** Compiles the nodes of a subtopology into plain functions, downstream first. */
import { MillraceError } from '@millrace/state'
import { fanOut } from '../operators/fan-out.js'
import type { OperatorRuntime, Process } from '../operators/operator.js'
import type { ProcessorNode, SinkNode, SourceNode, Subtopology, TopologyNode } from '../topology/topology.js'

export interface CompiledSource {
  readonly node: SourceNode
  readonly process: Process
}

/** An error out of a node's code, with the node's name; the task adds where the record came from. */
export class NodeFailure extends Error {
  readonly node: string

  constructor(node: string, cause: unknown) {
    super(`node ${node} failed`, { cause })
    this.node = node
  }
}

/** What the nodes of a pipeline are compiled with. */
export interface PipelineModules {
  /** What the task lends to one node. */
  runtime(node: ProcessorNode): OperatorRuntime
  sink(node: SinkNode): Process
}

/** The sources of the subtopology, by name. */
export function compilePipeline(
  subtopology: Pick<Subtopology, 'nodes'>,
  modules: PipelineModules
): ReadonlyMap<string, CompiledSource> {
  const compiled = new Map<string, Process>()
  const sources = new Map<string, CompiledSource>()
  for (const node of subtopology.nodes.toReversed()) {
    const downstreams = node.successors.map(name => compiled.get(name)!)
    if (node.kind === 'source') {
      sources.set(node.name, { node, process: fanOut(downstreams) })
    } else {
      compiled.set(node.name, guard(node, compileNode(node, downstreams, modules)))
    }
  }
  return sources
}

function compileNode(
  node: Exclude<TopologyNode, SourceNode>,
  downstreams: readonly Process[],
  modules: PipelineModules
): Process {
  if (node.kind === 'sink') return modules.sink(node)
  const { operator } = node
  const runtime = modules.runtime(node)
  return 'compileRouted' in operator
    ? operator.compileRouted(runtime, downstreams, node.successors)
    : operator.compile(runtime, fanOut(downstreams))
}

/** Names the node an error came from; errors of the runtime itself name more than that already. */
function guard(node: TopologyNode, process: Process): Process {
  return (key, value, timestamp, context) => {
    try {
      process(key, value, timestamp, context)
    } catch (error) {
      throw error instanceof NodeFailure || error instanceof MillraceError ? error : new NodeFailure(node.name, error)
    }
  }
}
