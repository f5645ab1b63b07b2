/** The left side of a foreign-key join: tells the task of a row's foreign key that the row is there, has changed or is gone. */
import { ByteWriter, latin1, type Serde } from '@millrace/state'
import { INSTRUCTION, type Subscription } from './foreign-key-messages.js'
import { murmur3 } from './murmur3.js'
import type { Change, Operator } from './operator.js'

export interface ForeignKeySubscribe<K, V, KO> {
  foreignKey(value: V, key: K): KO | null
  readonly foreignKeySerde: Serde<KO>
  /** Of the left values, for their hash. */
  readonly valueSerde: Serde<V>
  readonly left: boolean
  /** Whether the left table is versioned: its rows then count only where they are the newest of their key. */
  readonly versioned: boolean
}

/** Rows without a foreign key go along in a left join, under a null key. */
export function foreignKeySubscribe<K, V, KO>(subscribe: ForeignKeySubscribe<K, V, KO>): Operator {
  const { foreignKey, foreignKeySerde, valueSerde, left, versioned } = subscribe
  const scratch = new ByteWriter()
  const keyOf = (value: V | null, key: K): KO | null => (value === null ? null : (foreignKey(value, key) ?? null))
  const same = (a: KO, b: KO | null): boolean =>
    b !== null && (a === b || latin1(foreignKeySerde, a) === latin1(foreignKeySerde, b))
  const hashOf = (value: V | null): string | null => {
    if (value === null) return null
    scratch.length = 0
    valueSerde.write(value, scratch)
    return murmur3(scratch.buffer, 0, scratch.length)
  }
  return {
    compile:
      (runtime, downstream) =>
      (key, { newValue, oldValue, isLatest }: Change<V>, timestamp, context) => {
        if (versioned && isLatest === false) {
          runtime.dropped(context, 'a row that is not the newest of its key in a versioned table cannot be joined')
          return
        }
        if (newValue === null && oldValue === null) return
        const [before, after] = [keyOf(oldValue, key), keyOf(newValue, key)]
        const hash = hashOf(newValue)
        const send = (to: KO | null, instruction: Subscription<K>['instruction']): void => {
          const subscription = { hash, instruction, primaryKey: key, primaryPartition: context.partition }
          downstream(to, subscription, timestamp, context)
        }
        const moved = before !== null && !same(before, after)
        if (left) {
          if (moved) send(before, INSTRUCTION.forget)
          send(after, INSTRUCTION.answerAlways)
        } else if (after === null) {
          if (newValue !== null) runtime.dropped(context, 'a row without a foreign key cannot be joined')
          if (before !== null) send(before, INSTRUCTION.forgetAndAnswer)
        } else {
          if (moved) send(before, INSTRUCTION.forget)
          send(after, moved ? INSTRUCTION.answerAlways : INSTRUCTION.answerIfFound)
        }
      }
  }
}
