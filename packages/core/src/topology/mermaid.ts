/**
 * The text of `toMermaid()`: a flowchart for whatever draws Mermaid, such as GitHub, GitLab and many editors.
 *
 * What it relies on of Mermaid's syntax (https://mermaid.js.org/syntax/flowchart.html): ids of a letter and a number are no
 * keywords; a text in double quotes goes on to the next double quote; in it `#number;` is the character of that code point.
 */
import type { SinkNode, Subtopology, TopologyNode } from './topology.js'

/** A topic by name, a pattern, or a sink that chooses one for each record. */
type Target = string | SinkNode

/** `isInternal` tells the application's own repartition topics from the others. */
export function mermaidFlowchart(
  subtopologies: readonly Subtopology[],
  isInternal: (topic: string) => boolean
): string {
  const topics = new Ids('t')
  const nodes = new Ids('n')
  const stores = new Ids('s')
  const topicLines = (node: TopologyNode): string[] =>
    targets(node).map(target => topics.of(target) + shape(target, isInternal))
  const edges = (node: TopologyNode): string[] =>
    targets(node).map(target => {
      const ends = [nodes.of(node.name), topics.of(target)]
      return (node.kind === 'source' ? ends.reverse() : ends).join(' --> ')
    })
  const subgraph = (subtopology: Subtopology): string[] => [
    `subgraph g${subtopology.id}[${quoted(title(subtopology))}]`,
    ...subtopology.nodes.map(({ name }) => `  ${nodes.of(name)}[${quoted(name)}]`),
    ...subtopology.stores.map(name => `  ${stores.of(name)}[(${quoted(name)})]`),
    ...subtopology.nodes.flatMap(({ name, successors }) =>
      successors.map(successor => `  ${nodes.of(name)} --> ${nodes.of(successor)}`)
    ),
    ...subtopology.nodes.flatMap(node =>
      node.kind === 'processor' ? node.stores.map(store => `  ${nodes.of(node.name)} -.- ${stores.of(store)}`) : []
    ),
    'end'
  ]
  const all = subtopologies.flatMap(subtopology => subtopology.nodes)
  const lines = [...new Set(all.flatMap(topicLines)), ...subtopologies.flatMap(subgraph), ...all.flatMap(edges)]
  return `flowchart TB\n${lines.map(line => `  ${line}\n`).join('')}`
}

function targets(node: TopologyNode): readonly Target[] {
  if (node.kind === 'source') return node.pattern === undefined ? node.topics : [String(node.pattern)]
  if (node.kind === 'processor') return []
  return [typeof node.topic === 'string' ? node.topic : node]
}

/** A stadium for a topic, one with double sides for the application's own, a rhombus for the function that chooses. */
function shape(target: Target, isInternal: (topic: string) => boolean): string {
  if (typeof target === 'string') return isInternal(target) ? `[[${quoted(target)}]]` : `([${quoted(target)}])`
  const { topic } = target
  return `{${quoted(typeof topic === 'function' && topic.name !== '' ? topic.name : 'anonymous')}}`
}

function title({ id, global }: Subtopology): string {
  return global ? `Subtopology ${id} for global store` : `Subtopology ${id}`
}

/** Numbers things as they come, so that no name is ever a part of the syntax. */
class Ids {
  readonly #prefix: string
  readonly #ids = new Map<unknown, string>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  of(thing: unknown): string {
    let id = this.#ids.get(thing)
    if (id === undefined) this.#ids.set(thing, (id = `${this.#prefix}${this.#ids.size}`))
    return id
  }
}

/** Escapes what Mermaid could take for an end, a comment, a directive, markup or Markdown. */
function quoted(name: string): string {
  const escaped = name.replace(
    /[^A-Za-z0-9 ._-]|^[^A-Za-z]| $|_(?![A-Za-z0-9])|(?<![A-Za-z0-9])_/gu,
    character => `#${character.codePointAt(0)};`
  )
  return `"${escaped}"`
}
