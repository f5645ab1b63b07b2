/** KStream, without its joins. */
import type { KStream } from '@millrace/core'
import { any, both } from '../any-serde.js'
import { expression } from '../expression.js'
import { keeping, type Operators, rekeying } from '../operator.js'
import { named, stored } from '../options.js'
import { partitionedBy } from '../partitioners.js'
import type { Made } from '../scope.js'

type Stream = KStream<any, any>

export const operators: Operators = {
  'KStream.filter': keeping<Stream>((from, step) => {
    const when = expression(step.when)
    return from.filter((key, value) => when({ key, value }), named(step))
  }),
  'KStream.filterNot': keeping<Stream>((from, step) => {
    const when = expression(step.when)
    return from.filterNot((key, value) => when({ key, value }), named(step))
  }),
  'KStream.mapValues': keeping<Stream>((from, step) => {
    const mapper = expression(step.value)
    return from.mapValues((value, key) => mapper({ key, value }), { ...named(step), value: any })
  }),
  'KStream.flatMapValues': keeping<Stream>((from, step) => {
    const mapper = expression(step.values)
    return from.flatMapValues((value, key) => mapper({ key, value }), { ...named(step), value: any })
  }),
  'KStream.peek': keeping<Stream>((from, step) => from.peek(() => {}, named(step))),
  'KStream.merge(KStream)': keeping<Stream>((from, step, scope) => from.merge(scope.with(step), named(step))),
  'KStream.repartition': keeping<Stream>((from, step) =>
    from.repartition({
      ...named(step),
      ...partitionedBy(step),
      value: any,
      ...(step.partitions === undefined ? {} : { partitions: step.partitions as number })
    })
  ),
  'KStream.toTable': keeping<Stream>((from, step) => from.toTable({ value: any, ...stored(step) })),
  'KStream.map': rekeying<Stream>((from, step) => {
    const [newKey, newValue] = [expression(step.key), expression(step.value)]
    return from.map((key, value) => [newKey({ key, value }), newValue({ key, value })], { ...named(step), ...both })
  }),
  'KStream.flatMap': rekeying<Stream>((from, step) => {
    const pairs = (step.pairs as { key: string; value: string }[]).map(
      pair => [expression(pair.key), expression(pair.value)] as const
    )
    return from.flatMap(
      (key, value) => pairs.map(pair => [pair[0]({ key, value }), pair[1]({ key, value })] as const),
      { ...named(step), ...both }
    )
  }),
  'KStream.selectKey': rekeying<Stream>((from, step) => {
    const newKey = expression(step.key)
    return from.selectKey((key, value) => newKey({ key, value }), { ...named(step), key: any })
  }),
  'KStream.groupBy': rekeying<Stream>((from, step) => {
    const newKey = expression(step.key)
    return from.groupBy((key, value) => newKey({ key, value }), { ...named(step), ...both })
  }),
  'KStream.groupByKey': keeping<Stream>((from, step) => from.groupByKey({ ...named(step), value: any })),
  'KStream.foreach': (from, step) => {
    ;(from.object as Stream).foreach(() => {}, named(step))
    return undefined
  },
  'KStream.to': (from, step, scope) => {
    const stream = from.object as Stream
    const options = { ...named(step), ...partitionedBy(step), value: any }
    if (step.topicBy === undefined) {
      scope.sinks.set(step.topic as string, from.keys)
      stream.to(step.topic as string, options)
    } else {
      const topicOf = expression(step.topicBy)
      stream.to((key, value) => topicOf({ key, value }), options)
    }
    return undefined
  },
  'KStream.split': (from, step, scope) => {
    interface Branch {
      readonly when: string
      readonly name?: string
      readonly as?: string
      readonly chain?: typeof scope.run extends (steps: infer S) => void ? S : never
      readonly returns?: boolean
    }
    const options = ({ name, chain, returns }: Branch) => ({
      ...(name === undefined ? {} : { name }),
      ...(chain === undefined
        ? {}
        : {
            chain: (stream: Stream) => {
              const { object } = scope.continued({ object: stream, keys: from.keys }, chain)
              return returns === true ? (object as Stream) : undefined
            }
          })
    })
    const split = (from.object as Stream).split(named(step))
    const listed = step.branches as Branch[]
    for (const branch of listed) {
      const when = expression(branch.when)
      split.branch((key, value) => when({ key, value }), options(branch))
    }
    const otherwise = step.otherwise as Branch | undefined
    const branches = otherwise === undefined ? split.noDefaultBranch() : split.defaultBranch(options(otherwise))
    const name = (branch: Branch, number: number): void => {
      if (branch.as === undefined) return
      const made: Made = { object: branches.get(branch.name ?? String(number)), keys: from.keys }
      scope.name(branch.as, made)
    }
    listed.forEach((branch, index) => name(branch, index + 1))
    if (otherwise !== undefined) name(otherwise, 0)
    return undefined
  }
}
