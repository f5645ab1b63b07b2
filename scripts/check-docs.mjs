/** Every public export has a doc comment, and every error code in the sources stands in docs/reference/errors.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root, typescriptFiles } from './sources.mjs'

const PACKAGES = ['state', 'core', 'kafka', 'testing', 'interactive-query']
const problems = []

const entries = PACKAGES.map(name => join(root, 'packages', name, 'src', 'index.ts'))
const options = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  skipLibCheck: true,
  types: ['node']
}
const program = ts.createProgram(entries, options)
const checker = program.getTypeChecker()
for (const entry of entries) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry))
  for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    const [declaration] = symbol.declarations ?? []
    const file = declaration?.getSourceFile().fileName ?? ''
    if (!file.includes('/src/')) continue
    if (symbol.getDocumentationComment(checker).length === 0)
      problems.push(`${file.slice(root.length + 1)}: ${symbol.name} has no doc comment`)
  }
}

const documented = new Set(
  [...readFileSync(join(root, 'docs/reference/errors.md'), 'utf8').matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(
    ([, code]) => code
  )
)
const NOT_CODES = /^(KAFKA_BROKERS|MILLRACE_REQUIRE_BROKER|PENDING_\w+)$/
const sources = [...PACKAGES.map(name => `packages/${name}/src`), 'examples', 'tools'].flatMap(typescriptFiles)
// The protocol's own names are mapped to those of the broker port in this file.
for (const file of sources.filter(file => file !== 'packages/kafka/src/errors.ts' && !/\/test\//.test(file))) {
  const text = readFileSync(join(root, file), 'utf8')
  // As a call's first argument, as a field, or as an entry of a table.
  for (const [, code] of text.matchAll(/(?:\w\(\s*|\bcode:\s*|\[\s*|,\s*)'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)) {
    if (documented.has(code) || documented.has(`BROKER_${code}`) || NOT_CODES.test(code)) continue
    problems.push(`${file}: error code ${code} is not in docs/reference/errors.md`)
  }
}

const everything = sources.map(file => readFileSync(join(root, file), 'utf8')).join('\n')
for (const code of documented) {
  if (!code.includes('_') || NOT_CODES.test(code)) continue
  if (!everything.includes(`'${code.replace(/^BROKER_(?!TOOL_)/, '')}'`) && !everything.includes(`[${code}]`)) {
    problems.push(`docs/reference/errors.md: no source has the error code ${code}`)
  }
}

for (const problem of new Set(problems)) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
