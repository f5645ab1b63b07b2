/** `foreachAsync`: the end of a stream, in an effect that takes its time. */
import type { StreamRecord } from '../processor/processor.js'
import { type AsyncCall, type AsyncManner, fallbackOf, streamRecord } from './async-call.js'
import type { Operator } from './operator.js'

export function foreachAsync<K, V>(
  action: (key: K, value: V, call: AsyncCall) => PromiseLike<unknown>,
  manner: AsyncManner<StreamRecord<K, V>, unknown>
): Operator {
  return {
    compile: runtime =>
      runtime.callAsync<unknown>(manner.policy, {
        call: ({ key, value }, call) => action(key, value, call),
        fallback: fallbackOf(manner, streamRecord),
        done: () => {}
      })
  }
}
