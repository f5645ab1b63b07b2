/** Suites that implementations of this package's ports pass. They run under mocha and use chai. */
export { describeBroker, type BrokerSuiteOptions, type BrokerUnderTest } from './describe-broker.js'
