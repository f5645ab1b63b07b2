/** `mapValuesAsync`: each record keeps its key, and passes on when its new value has come. */
import type { StreamRecord } from '../processor/processor.js'
import { type AsyncCall, type AsyncManner, fallbackOf, streamRecord } from './async-call.js'
import type { Operator } from './operator.js'

export function mapValuesAsync<K, V, VR>(
  mapper: (value: V, key: K, call: AsyncCall) => PromiseLike<VR>,
  manner: AsyncManner<StreamRecord<K, V>, VR>
): Operator {
  return {
    compile: (runtime, downstream) =>
      runtime.callAsync(manner.policy, {
        call: ({ key, value }, call) => mapper(value, key, call),
        fallback: fallbackOf(manner, streamRecord),
        done: (mapped, { key, timestamp, context }) => downstream(key, mapped, timestamp, context)
      })
  }
}
