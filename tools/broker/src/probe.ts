/** Asks a broker, in its own protocol, how many brokers its cluster has: the sign that it is ready. */
import { createConnection } from 'node:net'

const METADATA = 3

/**
 * Resolves to the number of brokers that the one at this port knows to be alive; rejects when it does not answer.
 * Speaks Metadata v1 without topics.
 */
export function liveBrokers(port: number, timeoutMs = 2000): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    let received = Buffer.alloc(0)
    const finish = (settle: () => void): void => {
      socket.destroy()
      settle()
    }
    socket.setTimeout(timeoutMs, () => finish(() => reject(new Error(`no answer from 127.0.0.1:${port}`))))
    socket.once('error', cause => finish(() => reject(cause)))
    socket.once('end', () => finish(() => reject(new Error(`127.0.0.1:${port} closed the connection`))))
    socket.once('connect', () => socket.write(metadataRequest()))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      // Size, correlation id, then the array of brokers.
      if (received.length >= 12) finish(() => resolve(received.readInt32BE(8)))
    })
  })
}

function metadataRequest(): Buffer {
  const request = Buffer.alloc(18)
  request.writeInt32BE(14, 0)
  request.writeInt16BE(METADATA, 4)
  request.writeInt16BE(1, 6)
  request.writeInt32BE(1, 8)
  request.writeInt16BE(-1, 12)
  request.writeInt32BE(0, 14)
  return request
}
