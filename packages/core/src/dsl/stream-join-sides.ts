/** The two sides of a stream-stream join: where their records come from, and what nodes and stores are called. */
import type { Serde } from '@millrace/state'
import { PREFIX } from '../operators/prefixes.js'
import type { StreamJoinOptions } from './options.js'
import { requireSerde, type StreamOrigin } from './origin.js'
import { repartitionForJoin } from './repartition.js'

export type StreamJoinMethod = 'join' | 'leftJoin' | 'outerJoin'

/** A stream whose serdes are known, since its records are to be stored. */
export type StoredStream<K, V> = StreamOrigin<K, V> & { readonly key: Serde<K>; readonly value: Serde<V> }

/** Both streams in the partitions of their keys, with the serdes to store them. */
export function partitioned<K, VL, VR>(
  left: StreamOrigin<K, VL>,
  right: StreamOrigin<K, VR>,
  method: StreamJoinMethod,
  options: StreamJoinOptions<K, VL, VR, unknown>
): [StoredStream<K, VL>, StoredStream<K, VR>] {
  const needed = { by: method, passTo: `${method}()` }
  const key = <V>(stream: StreamOrigin<K, V>): Serde<K> =>
    requireSerde(options.key ?? stream.key, { field: 'key', node: stream.node, ...needed })
  const stored = {
    left: {
      ...left,
      key: key(left),
      value: requireSerde(options.value ?? left.value, { field: 'value', node: left.node, ...needed })
    },
    right: {
      ...right,
      key: key(right),
      value: requireSerde(options.otherValue ?? right.value, { field: 'otherValue', node: right.node, ...needed })
    }
  }
  const repartitioned = <S extends StoredStream<K, any>>(stream: S, suffix: string): S =>
    stream.keyChanged ? repartitionForJoin(stream, options.name && options.name + suffix) : stream
  return [repartitioned(stored.left, '-left'), repartitioned(stored.right, '-right')]
}

/** As Kafka Streams names them: `this` is the left stream, `other` the right one. */
export function joinNames(
  { graph }: StreamOrigin<any, any>,
  method: StreamJoinMethod,
  options: StreamJoinOptions<any, any, any, any>
) {
  const [leftAlone, rightAlone] = [method !== 'join', method === 'outerJoin']
  const { name, store } = options
  const named = (suffix: string): string | undefined => (name === undefined ? undefined : name + suffix)
  const thisSuffix = rightAlone ? '-outer-this-join' : '-this-join'
  const otherSuffix = leftAlone ? '-outer-other-join' : '-other-join'
  const leftWindow = graph.names.node(PREFIX.windowed, named('-this-windowed'))
  const rightWindow = graph.names.node(PREFIX.windowed, named('-other-windowed'))
  const thisPrefix = rightAlone ? PREFIX.outerThis : PREFIX.joinThis
  const generatedThis = graph.names.node(thisPrefix)
  const generatedOther = graph.names.node(leftAlone ? PREFIX.outerOther : PREFIX.joinOther)
  const generatedShared = graph.names.sameNumber(PREFIX.outerShared, generatedThis)
  const sharedSuffix = rightAlone ? '-outer-shared-join' : '-left-shared-join'
  const stored = (suffix: string, generated: string) => `${store === undefined ? generated : store + suffix}-store`
  return {
    leftWindow,
    rightWindow,
    leftJoin: named(thisSuffix) ?? generatedThis,
    rightJoin: named(otherSuffix) ?? generatedOther,
    merge: graph.names.node(PREFIX.merge, named('-merge')),
    leftStore: stored(thisSuffix, generatedThis),
    rightStore: stored(otherSuffix, generatedOther),
    unjoinedStore: leftAlone ? stored(sharedSuffix, generatedShared) : undefined
  }
}
