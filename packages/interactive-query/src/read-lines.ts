/** Bytes as they come, cut into lines. */

const NEWLINE = 0x0a

/** The lines without their ends, which the last need not have. Undefined stands for one of more than `maxBytes`, which is not kept. */
export async function* readLines(parts: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer | undefined> {
  let begun: Buffer[] = []
  let size = 0
  for await (const part of parts) {
    let start = 0
    for (let end = part.indexOf(NEWLINE); end >= 0; end = part.indexOf(NEWLINE, start)) {
      size += end - start
      const last = part.subarray(start, end)
      if (size > maxBytes) yield undefined
      else yield begun.length === 0 ? last : Buffer.concat([...begun, last])
      begun = []
      size = 0
      start = end + 1
    }
    if (start === part.length) continue
    size += part.length - start
    if (size > maxBytes) begun = []
    else begun.push(part.subarray(start))
  }
  if (size > maxBytes) yield undefined
  else if (size > 0) yield Buffer.concat(begun)
}
