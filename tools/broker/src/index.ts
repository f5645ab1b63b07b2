/** Everything the broker tool offers to tests and benchmarks. */
export { ensureKafkaJars, KAFKA_VERSION } from './kafka-jars.js'
export { freePorts } from './free-ports.js'
export { requireJava, requireMaven } from './java-tools.js'
export { startKafka, type RunningKafka, type RunningNode, type StartKafkaOptions } from './kafka-cluster.js'
export {
  kafkaForTests,
  requireJdk,
  requireKafka,
  requireOwnKafka,
  type KafkaForTests,
  type TestContext
} from './kafka-for-tests.js'
export type { NodePorts } from './server-properties.js'
