/** An engine whose disk can be made to refuse writes. */
import type { DatabaseBatch, StateDatabase, StateEngine } from '@millrace/state'

export interface FailingEngine extends StateEngine {
  /** While true, the writes of batches are rejected. */
  failing: boolean
}

export function failingEngine(engine: StateEngine): FailingEngine {
  const failing: FailingEngine = {
    name: `failing ${engine.name}`,
    failing: false,
    open: async directory => withFailingBatches(await engine.open(directory), failing)
  }
  return failing
}

function withFailingBatches(database: StateDatabase, control: { readonly failing: boolean }): StateDatabase {
  return new Proxy(database, {
    get(target, name) {
      if (name === 'batch') return () => withFailingWrite(target.batch(), control)
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    }
  })
}

function withFailingWrite(batch: DatabaseBatch, control: { readonly failing: boolean }): DatabaseBatch {
  return {
    put: (key, value) => batch.put(key, value),
    delete: key => batch.delete(key),
    get operationCount() {
      return batch.operationCount
    },
    discard: () => batch.discard(),
    async write(options) {
      if (!control.failing) return batch.write(options)
      await batch.discard()
      throw new Error('no space left on device')
    }
  }
}
