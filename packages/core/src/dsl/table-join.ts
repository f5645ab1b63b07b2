/** Joins two tables on their primary key. */
import { passThrough } from '../operators/pass-through.js'
import { PREFIX } from '../operators/prefixes.js'
import { tableMerge } from '../operators/table-merge.js'
import { tableTableJoin } from '../operators/table-table-join.js'
import { joinedView } from '../operators/table-view.js'
import type { ProcessorDraft } from '../topology/graph-draft.js'
import { materialized } from './derived-table.js'
import type { DerivedTableOptions } from './options.js'
import { historyOf, requireSerde, sameGraph, storeDefinition, type TableOrigin, tableView } from './origin.js'

/** A joiner as every kind of join can call it. */
export type TableJoiner<K, VL, VR, R> = (left: VL | null, right: VR | null, key: K) => R | null

interface JoinPlan<K, VL, VR, R> {
  readonly method: 'join' | 'leftJoin' | 'outerJoin'
  readonly joiner: TableJoiner<K, VL, VR, R>
}

/** Adds a node for the updates of each side, and one in which they meet: the result, with its store if it has one. */
export function joinTables<K, VL, VR, R>(
  left: TableOrigin<K, VL>,
  right: TableOrigin<K, VR>,
  plan: JoinPlan<K, VL, VR, R>,
  options: DerivedTableOptions<R>
): TableOrigin<K, R> {
  const { graph, makeStream, key } = left
  const { method, joiner } = plan
  sameGraph(graph, right.graph, method)
  const leftJoinsAlone = method !== 'join'
  const rightJoinsAlone = method === 'outerJoin'
  const store = materialized(options) ? (options.store ?? graph.names.store(PREFIX.tableMerge)) : undefined
  const { name: given, value } = options
  const name = graph.names.node(PREFIX.tableMerge, given)
  const thisName = graph.names.node(PREFIX.tableJoinThis, given === undefined ? undefined : `${given}-join-this`)
  const otherName = graph.names.node(PREFIX.tableJoinOther, given === undefined ? undefined : `${given}-join-other`)
  const sources = [...new Set([...left.sources, ...right.sources])]
  graph.copartition(sources)
  // Without the old value, the deletion of a row that joined null could not be told from that of a row never there.
  if (leftJoinsAlone) left.sendOldValues(true)
  if (rightJoinsAlone) right.sendOldValues(true)
  const [leftView, rightView] = [left.view(), right.view()]

  let sendsOldValues = false
  const halves = (): ProcessorDraft[] => [
    {
      kind: 'processor',
      name: thisName,
      operator: tableTableJoin<K, VL, VR, R>({
        other: rightView,
        joiner,
        joinsAlone: leftJoinsAlone,
        otherJoinsAlone: rightJoinsAlone,
        sendsOldValues
      }),
      stores: rightView.stores,
      predecessors: [left.node]
    },
    {
      kind: 'processor',
      name: otherName,
      operator: tableTableJoin<K, VR, VL, R>({
        other: leftView,
        joiner: (value, other, k) => joiner(other, value, k),
        joinsAlone: rightJoinsAlone,
        otherJoinsAlone: leftJoinsAlone,
        sendsOldValues
      }),
      stores: leftView.stores,
      predecessors: [right.node]
    }
  ]
  for (const half of halves()) graph.add(half)
  if (store !== undefined) {
    const needed = { by: `KTable.${method}`, node: name }
    const serdes = {
      key: requireSerde(key, { field: 'key', passTo: 'the table', ...needed }),
      value: requireSerde(value, { field: 'value', passTo: `${method}()`, ...needed })
    }
    graph.addStore(storeDefinition(store, serdes, options))
  }
  graph.add({
    kind: 'processor',
    name,
    operator: store === undefined ? passThrough : tableMerge(store),
    stores: store === undefined ? [] : [store],
    predecessors: [thisName, otherName]
  })
  return {
    graph,
    makeStream,
    node: name,
    key,
    value,
    sources,
    store,
    versioned: historyOf(options) !== undefined,
    view: () =>
      store === undefined
        ? joinedView(leftView, rightView, { joiner, leftJoinsAlone, rightJoinsAlone })
        : tableView<K, R>(store, options),
    sendOldValues() {
      if (!sendsOldValues) {
        left.sendOldValues(true)
        right.sendOldValues(true)
        sendsOldValues = true
        for (const half of halves()) graph.replace(half)
      }
      return true
    }
  }
}
