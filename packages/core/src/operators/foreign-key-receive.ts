/** The right side of a foreign-key join: remembers which left rows want to hear of a foreign key. */
import { INSTRUCTION, type Subscription } from './foreign-key-messages.js'
import type { Operator } from './operator.js'

export function foreignKeyReceive<K>(store: string): Operator {
  return {
    compile(runtime, downstream) {
      const subscriptions = runtime.groupedStore(store)
      return (foreignKey, subscription: Subscription<K>, timestamp, context) => {
        const { instruction, primaryKey } = subscription
        if (foreignKey !== null) {
          const forget = instruction === INSTRUCTION.forget || instruction === INSTRUCTION.forgetAndAnswer
          subscriptions.put(foreignKey, primaryKey, forget ? null : subscription, timestamp)
        } else if (instruction !== INSTRUCTION.answerAlways) {
          runtime.dropped(context, 'a subscription without a foreign key')
          return
        }
        downstream(foreignKey, subscription, timestamp, context)
      }
    }
  }
}
