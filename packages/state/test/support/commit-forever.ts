/** Commits one generation after the other until the process is killed: every key has the number that is the offset. */
import { levelEngine, openTaskState } from '@millrace/state'
import { definition } from './definitions.js'

const [directory, keyCount, sync] = process.argv.slice(2)
const state = await openTaskState(
  { directory: directory!, definitions: [definition('left'), definition('right')], cacheMaxBytes: 1 << 20 },
  { engine: levelEngine() }
)
const [left, right] = [state.store('left'), state.store('right')]
let generation = state.changelogOffset('left') ?? 0
console.log('open')
for (;;) {
  generation++
  for (let i = 0; i < Number(keyCount); i++) {
    left.put(`key ${i}`, generation, generation)
    right.put(`key ${i}`, -generation, generation)
  }
  for (const name of ['left', 'right']) state.visitChanges(name, () => undefined)
  await state.commit(
    new Map([
      ['left', generation],
      ['right', generation]
    ]),
    { sync: sync === 'sync' }
  )
  console.log(String(generation))
}
