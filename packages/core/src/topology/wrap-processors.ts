/** Puts a wrapper around the processors of a graph. */
import { wrap } from '../operators/wrap.js'
import type { ProcessorWrapper } from '../processor/processor-wrapper.js'
import type { GraphDraft, NodeDraft } from './graph-draft.js'

export function wrapProcessors(draft: GraphDraft, wrapper: ProcessorWrapper): GraphDraft {
  const wrapped = (node: NodeDraft): NodeDraft =>
    node.kind === 'processor' ? { ...node, operator: wrap(node.operator, node.name, wrapper) } : node
  return { ...draft, nodes: new Map([...draft.nodes].map(([name, node]) => [name, wrapped(node)])) }
}
