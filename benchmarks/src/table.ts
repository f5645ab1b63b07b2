/** Tables on the screen. */

/** Three digits, or a whole number with thousands apart. */
export function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)
}

/** The first row is the head. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  const lines = rows.map(row => row.map((cell, column) => cell.padEnd(widths[column]!)).join('   '))
  console.log(`\n${lines.map(line => line.trimEnd()).join('\n')}`)
}
