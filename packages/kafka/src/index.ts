/** Everything `@millrace/kafka` offers. */
export { kafka } from './kafka-broker.js'
export type { KafkaOptions } from './kafka-options.js'
