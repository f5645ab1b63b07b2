/** Where two results part. */

/** The path to the first difference and what is there on either side; undefined where there is none. */
export function difference(ours: unknown, theirs: unknown, path = ''): string | undefined {
  if (Object.is(ours, theirs)) return undefined
  if (!isObject(ours) || !isObject(theirs)) return `${path}: Millrace ${show(ours)}, Kafka Streams ${show(theirs)}`
  for (const field of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
    const found = difference(ours[field], theirs[field], `${path}/${field}`)
    if (found === undefined) continue
    // A record that is missing or other is better seen as a whole.
    return Array.isArray(theirs[field]) || Object.keys(theirs).some(name => isObject(theirs[name]))
      ? found
      : `${path}: Millrace ${show(ours)}, Kafka Streams ${show(theirs)}`
  }
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}
