/** Joins a stream with a stream. */
import { joinWindow } from '../operators/join-window.js'
import type { Operator } from '../operators/operator.js'
import { passThrough } from '../operators/pass-through.js'
import { streamSelfJoin } from '../operators/stream-self-join.js'
import { sharedUnjoined, streamStreamJoin } from '../operators/stream-stream-join.js'
import { LEFT, RIGHT } from '../serdes/unjoined.js'
import type { JoinWindows } from './join-windows.js'
import type { KStream } from './kstream.js'
import type { StreamJoinOptions } from './options.js'
import { sameGraph, type StreamOrigin } from './origin.js'
import { joinNames, partitioned, type StreamJoinMethod } from './stream-join-sides.js'
import { storeOfUnjoined, windowStore } from './stream-join-stores.js'

interface JoinPlan<K, VL, VR, R> {
  readonly method: StreamJoinMethod
  readonly windows: JoinWindows
  joiner(left: VL | null, right: VR | null, key: K): R
}

/** For each side a node that keeps its records and one that looks for those of the other; in the fifth, results meet. */
export function joinStreams<K, VL, VR, R>(
  leftStream: StreamOrigin<K, VL>,
  rightStream: StreamOrigin<K, VR>,
  plan: JoinPlan<K, VL, VR, R>,
  options: StreamJoinOptions<K, VL, VR, R>
): KStream<K, R> {
  const { graph, makeStream } = leftStream
  const { method, windows, joiner } = plan
  sameGraph(graph, rightStream.graph, method)
  const [left, right] = partitioned(leftStream, rightStream, method, options)
  const names = joinNames(left, method, options)
  graph.copartition([...left.sources, ...right.sources])
  const { leftStore, rightStore, unjoinedStore } = names
  graph.addStore(windowStore(leftStore, left, windows, options))
  graph.addStore(windowStore(rightStore, right, windows, options))
  if (unjoinedStore !== undefined) graph.addStore(storeOfUnjoined(unjoinedStore, left, right, options))
  const { beforeMs, afterMs, graceMs } = windows
  const waits = { leftWaitsMs: afterMs + graceMs, rightWaitsMs: beforeMs + graceMs }
  const unjoined = unjoinedStore === undefined ? {} : { unjoined: sharedUnjoined(unjoinedStore, { ...waits, joiner }) }
  const shared = unjoinedStore === undefined ? [] : [unjoinedStore]
  const leftJoin = streamStreamJoin<K, VL, VR, R>({
    side: LEFT,
    otherStore: rightStore,
    beforeMs,
    afterMs,
    joiner,
    joinsAlone: method !== 'join',
    ...unjoined
  })
  const rightJoin = streamStreamJoin<K, VR, VL, R>({
    side: RIGHT,
    otherStore: leftStore,
    beforeMs: afterMs,
    afterMs: beforeMs,
    joiner: (value, other, key) => joiner(other, value, key),
    joinsAlone: method === 'outerJoin',
    ...unjoined
  })
  const nullKeys = method === 'join' ? {} : ({ nullKeys: 'wanted' } as const)
  const add = (name: string, operator: Operator, stores: readonly string[], ...predecessors: readonly string[]): void =>
    graph.add({ kind: 'processor', name, operator, stores, predecessors, ...nullKeys })
  add(names.leftWindow, joinWindow(leftStore), [leftStore], left.node)
  add(names.rightWindow, joinWindow(rightStore), [rightStore], right.node)
  add(names.leftJoin, leftJoin, [rightStore, ...shared], names.leftWindow)
  add(names.rightJoin, rightJoin, [leftStore, ...shared], names.rightWindow)
  add(names.merge, passThrough, [], names.leftJoin, names.rightJoin)
  const operator = streamSelfJoin<K, any, R>({
    store: leftStore,
    beforeMs,
    afterMs,
    retentionMs: windows.sizeMs + graceMs,
    joiner
  })
  graph.streamJoin({
    left: names.leftWindow,
    right: names.rightWindow,
    selfJoin: {
      kind: 'processor',
      name: names.merge,
      operator,
      stores: [leftStore],
      predecessors: [names.leftWindow],
      ...nullKeys
    },
    twoSided: { nodes: [names.leftJoin, names.rightJoin], stores: [rightStore, ...shared] }
  })
  const sources = [...new Set([...left.sources, ...right.sources])]
  const serdes = { key: left.key, value: options.result }
  return makeStream<K, R>({ graph, makeStream, node: names.merge, ...serdes, sources, keyChanged: false })
}
