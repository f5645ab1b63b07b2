/** Ports that nobody listens on. */
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** Finds `count` different free ports of 127.0.0.1. Another process can still take one before it is used. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  try {
    return await Promise.all(
      servers.map(async server => {
        server.listen(0, '127.0.0.1')
        await once(server, 'listening')
        return (server.address() as AddressInfo).port
      })
    )
  } finally {
    for (const server of servers) server.close()
  }
}
