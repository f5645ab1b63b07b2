/** The Processor API: in the DSL, and node by node. */
import type { KStream } from '@millrace/core'
import { any, both } from '../any-serde.js'
import { fixedKeyProcessor, plainProcessor } from '../behaviour.js'
import { keeping, type Operators, rekeying } from '../operator.js'
import { named, topicsOf } from '../options.js'
import { partitionedBy } from '../partitioners.js'
import type { Step } from '../scenario.js'
import { storeOf } from '../store-of.js'

type Stream = KStream<any, any>

function connected(step: Step): { stores?: string[] } {
  return step.stores === undefined ? {} : { stores: step.stores as string[] }
}

export const operators: Operators = {
  'KStream.process': rekeying<Stream>((from, step) =>
    from.process(() => plainProcessor(step), { ...named(step), ...connected(step), ...both })
  ),
  'KStream.processValues': keeping<Stream>((from, step) =>
    from.processValues(() => fixedKeyProcessor(step), { ...named(step), ...connected(step), value: any })
  ),
  'StreamsBuilder.addStateStore': (_, step, scope) => {
    scope.builder.addStateStore(storeOf(step, scope))
    return undefined
  },
  'Topology.addSource': (_, step, scope) => {
    scope.lowLevel().addSource(step.name as string, topicsOf(step), both)
    return undefined
  },
  'Topology.addProcessor': (_, step, scope) => {
    const parents = step.parents as string[]
    scope.lowLevel().addProcessor(step.name as string, () => plainProcessor(step), { parents })
    return undefined
  },
  'Topology.addStore': (_, step, scope) => {
    scope.lowLevel().addStateStore(storeOf(step, scope), ...(step.processors as string[]))
    return undefined
  },
  'Topology.connectStores': (_, step, scope) => {
    scope.lowLevel().connectProcessorAndStateStores(step.name as string, ...(step.stores as string[]))
    return undefined
  },
  'Topology.addSink': (_, step, scope) => {
    scope.sinks.set(step.topic as string, 'plain')
    const options = { ...both, ...partitionedBy(step), parents: step.parents as string[] }
    scope.lowLevel().addSink(step.name as string, step.topic as string, options)
    return undefined
  }
}
