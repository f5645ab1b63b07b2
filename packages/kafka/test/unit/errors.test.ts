import { BrokerError } from '@millrace/core'
import { expect } from 'chai'
import { answeredError, brokerErrorName, isTransient, kafkaErrorName } from '../../dist/errors.js'

describe('error numbers', () => {
  it("have Kafka's names at Kafka's places", () => {
    const places: [number, string][] = [
      [-1, 'UNKNOWN_SERVER_ERROR'],
      [0, 'NONE'],
      [3, 'UNKNOWN_TOPIC_OR_PARTITION'],
      [16, 'NOT_COORDINATOR'],
      [36, 'TOPIC_ALREADY_EXISTS'],
      [47, 'INVALID_PRODUCER_EPOCH'],
      [59, 'UNKNOWN_PRODUCER_ID'],
      [79, 'MEMBER_ID_REQUIRED'],
      [88, 'UNSTABLE_OFFSET_COMMIT'],
      [90, 'PRODUCER_FENCED'],
      [100, 'UNKNOWN_TOPIC_ID'],
      [111, 'UNRELEASED_INSTANCE_ID'],
      [120, 'TRANSACTION_ABORTABLE'],
      [129, 'REBOOTSTRAP_REQUIRED'],
      [133, 'SHARE_SESSION_LIMIT_REACHED']
    ]
    expect(places.map(([number]) => [number, kafkaErrorName(number)])).to.deep.equal(places)
  })

  it('that a newer broker may send are UNKNOWN, with the number told', () => {
    expect(brokerErrorName(9999)).to.equal('UNKNOWN')
    const error = answeredError(9999, 'test')
    expect(error).to.include({ code: 'BROKER_UNKNOWN' })
    expect(error.details).to.include({ kafkaError: 9999 })
    expect(error.message).to.include('error 9999')
  })

  it('carry what the broker said', () => {
    expect(answeredError(44, "creation of topic 't'", {}, 'too many partitions').message).to.equal(
      "Kafka refused the creation of topic 't' with POLICY_VIOLATION: too many partitions"
    )
  })

  it('say whether asking again may help', () => {
    expect([14, 15, 16, 6, 88].map(number => isTransient(answeredError(number, 'test')))).to.deep.equal([
      true,
      true,
      true,
      true,
      true
    ])
    expect([3, 22, 25, 27, 29, 36, -1].some(number => isTransient(answeredError(number, 'test')))).to.equal(false)
    expect(isTransient(new BrokerError('UNREACHABLE', 'gone'))).to.equal(true)
    expect(isTransient(new BrokerError('REQUEST_TIMED_OUT', 'no answer'))).to.equal(false)
    expect(isTransient(new Error('other'))).to.equal(false)
  })
})
