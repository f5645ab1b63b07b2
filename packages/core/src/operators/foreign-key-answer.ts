/** The right side of a foreign-key join: answers a left row with the row of its foreign key. */
import { INSTRUCTION, type Subscription } from './foreign-key-messages.js'
import type { Operator } from './operator.js'
import type { TableView } from './table-view.js'

/** The answer is as new as the newer of subscription and row. */
export function foreignKeyAnswer<K, KO, VO>(table: TableView<KO, VO>): Operator {
  return {
    compile(runtime, downstream) {
      const read = table.compile(runtime)
      return (foreignKey, subscription: Subscription<K>, timestamp, context) => {
        const { hash, instruction, primaryKey, primaryPartition } = subscription
        if (instruction === INSTRUCTION.forget) return
        const row = foreignKey === null ? undefined : read(foreignKey)
        if (row === undefined && instruction === INSTRUCTION.answerIfFound) return
        const value = row === undefined || instruction === INSTRUCTION.forgetAndAnswer ? null : row.value
        const newest = row === undefined ? timestamp : Math.max(timestamp, row.timestamp)
        downstream(primaryKey, { hash, value, primaryPartition }, newest, context)
      }
    }
  }
}
