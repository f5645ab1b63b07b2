/** `print`: lines as Kafka Streams' `Printed` writes them. */

export function printer<K, V>(options: {
  readonly label: string
  readonly format?: (key: K, value: V) => string
  readonly output?: { write(text: string): unknown }
}): (key: K, value: V) => void {
  const { label, format = (key, value) => `${String(key)}, ${String(value)}`, output = process.stdout } = options
  return (key, value) => void output.write(`[${label}]: ${format(key, value)}\n`)
}
