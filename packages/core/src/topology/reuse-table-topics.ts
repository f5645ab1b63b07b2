/** Lets the stores of tables be restored from the topics the tables are read from, instead of changelogs with the same records. */
import type { StoreDefinition } from '@millrace/state'
import type { GraphDraft } from './graph-draft.js'

/** `topics` has the topic of each table's store; a store without logging has nothing to restore from, and stays so. */
export function reuseTableTopics(draft: GraphDraft, topics: ReadonlyMap<string, string>): GraphDraft {
  const stores = new Map<string, StoreDefinition>()
  for (const [name, store] of draft.stores) {
    const sourceTopic = topics.get(name)
    stores.set(name, sourceTopic === undefined || !store.logging ? store : { ...store, sourceTopic })
  }
  return { ...draft, stores }
}
