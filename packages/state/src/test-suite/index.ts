/** Contract suites: any storage engine that passes them can stand under a task's stores. */
export { describeTaskState } from './describe-task-state.js'
export { describeStateEngine } from './describe-state-engine.js'
export { changesOf } from './changes-of.js'
