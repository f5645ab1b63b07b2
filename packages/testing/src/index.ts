/** Everything `@millrace/testing` offers. */
export { type TestDriverOptions, TopologyTestDriver } from './topology-test-driver.js'
export { type TestInputOptions, TestInputTopic } from './test-input-topic.js'
export { type TestRecord, TestOutputTopic } from './test-output-topic.js'
