/** A broker some of whose calls a test answers, watches or breaks. */
import { type Broker, type BrokerConnection, BrokerError } from '@millrace/core'

/** `overrides` are called in the place of the connection's own methods, which they may call. */
export function intercepted(
  broker: Broker,
  overrides: (connection: BrokerConnection) => Partial<BrokerConnection>
): Broker {
  return {
    description: broker.description,
    forThread: () => broker.forThread(),
    close: () => Promise.resolve(),
    connect: async options => {
      const connection = await broker.connect(options)
      const own = overrides(connection)
      return new Proxy(connection, { get: (target, name) => Reflect.get(own, name) ?? bound(target, name) })
    }
  }
}

export function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? (value.bind(target) as unknown) : value
}

/** The process is gone as far as the broker can tell: nothing of it arrives any more. */
export function gone(): BrokerError {
  return new BrokerError('AUTHORIZATION_FAILED', 'the test cut the connection')
}
