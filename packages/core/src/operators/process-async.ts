/** `processAsync` and `processValuesAsync`: user code that takes its time and says which records there are instead of one. */
import { forwardRecord } from '../processor/forward-record.js'
import type { FixedKeyRecord, StreamRecord } from '../processor/processor.js'
import {
  type AsyncCall,
  type AsyncManner,
  fallbackOf,
  fixedKeyRecord,
  type PendingRecord,
  streamRecord
} from './async-call.js'
import type { Operator } from './operator.js'

type AsyncProcessor<In, Out> = (record: In, call: AsyncCall) => PromiseLike<Iterable<Out>>

export function processAsync<In extends StreamRecord<any, any>, Out extends StreamRecord<any, any>>(
  processor: AsyncProcessor<In, Out>,
  manner: AsyncManner<In, Iterable<Out>>
): Operator {
  return processing(processor, manner, streamRecord as (pending: PendingRecord) => In)
}

export function processValuesAsync<K, V, VOut>(
  processor: AsyncProcessor<FixedKeyRecord<K, V>, FixedKeyRecord<K, VOut>>,
  manner: AsyncManner<FixedKeyRecord<K, V>, Iterable<FixedKeyRecord<K, VOut>>>
): Operator {
  return processing(processor, manner, fixedKeyRecord)
}

function processing<In, Out extends StreamRecord<any, any>>(
  processor: AsyncProcessor<In, Out>,
  manner: AsyncManner<In, Iterable<Out>>,
  recordOf: (pending: PendingRecord) => In
): Operator {
  return {
    compile: (runtime, downstream) =>
      runtime.callAsync(manner.policy, {
        call: (pending, call) => processor(recordOf(pending), call),
        fallback: fallbackOf(manner, recordOf),
        done: (records, { context }) => {
          for (const record of records) forwardRecord(record, { node: runtime.node, to: downstream, context })
        }
      })
  }
}
