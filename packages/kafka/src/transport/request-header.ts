/** Size and header in front of a request. */

/** Request header v2 (its tags empty), preceded by the size of all that follows. */
export function requestHeader(
  api: { readonly key: number; readonly version: number },
  correlationId: number,
  clientId: string,
  body: readonly Buffer[]
): Buffer {
  const idBytes = Buffer.byteLength(clientId)
  const header = Buffer.allocUnsafe(4 + 2 + 2 + 4 + 2 + idBytes + 1)
  const bodyBytes = body.reduce((sum, chunk) => sum + chunk.length, 0)
  header.writeInt32BE(header.length - 4 + bodyBytes, 0)
  header.writeInt16BE(api.key, 4)
  header.writeInt16BE(api.version, 6)
  header.writeInt32BE(correlationId, 8)
  header.writeInt16BE(idBytes, 12)
  header.write(clientId, 14)
  header[header.length - 1] = 0
  return header
}
