/** Writes conformance/expected anew as Kafka Streams gives it today; with --check compares only. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonical } from './canonical.js'
import { areas, type Case, casesOf, CONFORMANCE, writeExpected } from './cases.js'
import { Java } from './java.js'
import type { Result } from './scenario.js'

const check = process.argv.includes('--check')
const java = new Java()
const folder = join(CONFORMANCE, 'expected')
let different = 0

for (const area of areas()) {
  const cases = casesOf(area)
  const results = await Promise.all(
    cases.map(async (one): Promise<[Case, Result]> => {
      const result = await java.run(one.scenario)
      if (result.refused !== undefined) console.log(`${area}: ${one.name} is refused: ${result.refused}`)
      return [one, canonical(result)]
    })
  )
  const path = join(folder, `${area}.json`)
  const fresh = writeExpected(results)
  if (!check) writeFileSync(path, fresh)
  else if (readFileSync(path, 'utf8') !== fresh) {
    different++
    console.error(`${path} is not what Kafka Streams gives`)
  }
  console.log(`${area}: ${cases.length} scenarios`)
}
const known = new Set(areas().map(area => `${area}.json`))
for (const file of readdirSync(folder).filter(name => !known.has(name))) {
  if (check) different++
  else rmSync(join(folder, file))
}
java.close()
process.exitCode = different > 0 ? 1 : 0
