/** Contract suites: any storage engine that passes them can stand under a task's stores. */
export { describeKeyValueStore } from './describe-key-value-store.js'
export { describeStateEngine } from './describe-state-engine.js'
