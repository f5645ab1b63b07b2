/** The direction of imports between packages and rooms, and that no module needs itself in a circle. */
import { importsOf, resolveImport, typescriptFiles } from './sources.mjs'

/** What each package may import of the others. */
const MAY_IMPORT = {
  state: [],
  core: ['state'],
  kafka: ['core', 'state'],
  testing: ['core', 'state'],
  'interactive-query': ['core', 'state']
}

/** Rooms within core that must not know of others. */
const ROOMS = [
  { from: /^packages\/core\/src\/operators\//, not: /^packages\/core\/src\/(broker|client|embedded|runtime|dsl)\// },
  {
    from: /^packages\/core\/src\/(dsl|topology|serdes)\//,
    not: /^packages\/core\/src\/(broker|client|embedded|runtime)\//
  },
  {
    from: /^packages\/core\/src\/(broker|client)\//,
    not: /^packages\/core\/src\/(runtime|dsl|topology|operators|embedded)\//
  },
  { from: /^packages\/core\/src\/embedded\//, not: /^packages\/core\/src\/(runtime|dsl|topology|operators|client)\// }
]

const problems = []
const graph = new Map()

for (const name of Object.keys(MAY_IMPORT)) {
  for (const file of typescriptFiles(`packages/${name}/src`)) {
    const needed = []
    for (const { specifier, typeOnly } of importsOf(file)) {
      const sibling = /^@millrace\/([a-z-]+)(\/.*)?$/.exec(specifier)
      if (sibling !== null && !MAY_IMPORT[name].includes(sibling[1]))
        problems.push(
          `${file} imports ${specifier}: ${name} may import ${MAY_IMPORT[name].join(', ') || 'no other package'}`
        )
      if (/^@millrace\/[^/]+\/src\//.test(specifier))
        problems.push(`${file} imports ${specifier}: another package's sources are its own`)
      if (/^kafkajs(\/|$)/.test(specifier) && name !== 'kafka')
        problems.push(`${file} imports kafkajs: only packages/kafka may`)
      if (!specifier.startsWith('.')) continue
      const target = resolveImport(file, specifier)
      if (!target.startsWith(`packages/${name}/src/`))
        problems.push(`${file} imports ${specifier}, which leaves the package`)
      const room = ROOMS.find(({ from, not }) => from.test(file) && not.test(target))
      if (room !== undefined) problems.push(`${file} must not import ${target}`)
      if (!typeOnly) needed.push(target)
    }
    graph.set(file, needed)
  }
}

const done = new Set()
const path = []

function walk(file) {
  if (done.has(file)) return
  const at = path.indexOf(file)
  if (at >= 0) {
    problems.push(`circle: ${[...path.slice(at), file].join(' → ')}`)
    return
  }
  path.push(file)
  for (const next of graph.get(file) ?? []) walk(next)
  path.pop()
  done.add(file)
}

for (const file of graph.keys()) walk(file)

for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
