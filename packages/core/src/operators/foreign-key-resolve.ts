/** The left side of a foreign-key join: joins what the right side answered with the left row, if that is still the one it was about. */
import { ByteWriter, type Serde } from '@millrace/state'
import type { Response } from './foreign-key-messages.js'
import { murmur3 } from './murmur3.js'
import type { Operator } from './operator.js'
import type { TableView } from './table-view.js'

export interface ForeignKeyResolve<K, V, VO, R> {
  readonly table: TableView<K, V>
  readonly valueSerde: Serde<V>
  joiner(value: V | null, foreignValue: VO | null, key: K): R | null
  readonly left: boolean
}

/** Null where there is nothing to join, which deletes a result there was. */
export function foreignKeyResolve<K, V, VO, R>(resolve: ForeignKeyResolve<K, V, VO, R>): Operator {
  const { table, valueSerde, joiner, left } = resolve
  const scratch = new ByteWriter()
  return {
    compile(runtime, downstream) {
      const read = table.compile(runtime)
      return (key, { hash, value }: Response<VO>, timestamp, context) => {
        const row = read(key)
        let current: string | null = null
        if (row !== undefined) {
          scratch.length = 0
          valueSerde.write(row.value, scratch)
          current = murmur3(scratch.buffer, 0, scratch.length)
        }
        if (current !== hash) {
          runtime.dropped(context, 'an answer about a row that has changed since')
          return
        }
        const nothing = value === null && (!left || row === undefined)
        const result = nothing ? null : (joiner(row === undefined ? null : row.value, value, key) ?? null)
        downstream(key, result, timestamp, context)
      }
    }
  }
}
