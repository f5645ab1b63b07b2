/** Everything `@millrace/testing` offers. */
export { type TestDriverOptions, TopologyTestDriver } from './topology-test-driver.js'
export {
  type CapturedForward,
  type CapturedPunctuator,
  type MockContextOptions,
  MockProcessorContext
} from './mock-processor-context.js'
export { type TestInputOptions, TestInputTopic, type TestListTimes } from './test-input-topic.js'
export { type TestRecord, TestOutputTopic } from './test-output-topic.js'
