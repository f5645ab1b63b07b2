/** `flatMapValuesAsync`: each record becomes any number of records with its key, when its values have come. */
import type { StreamRecord } from '../processor/processor.js'
import { type AsyncCall, type AsyncManner, fallbackOf, streamRecord } from './async-call.js'
import type { Operator } from './operator.js'

export function flatMapValuesAsync<K, V, VR>(
  mapper: (value: V, key: K, call: AsyncCall) => PromiseLike<Iterable<VR>>,
  manner: AsyncManner<StreamRecord<K, V>, Iterable<VR>>
): Operator {
  return {
    compile: (runtime, downstream) =>
      runtime.callAsync(manner.policy, {
        call: ({ key, value }, call) => mapper(value, key, call),
        fallback: fallbackOf(manner, streamRecord),
        done: (values, { key, timestamp, context }) => {
          for (const value of values) downstream(key, value, timestamp, context)
        }
      })
  }
}
