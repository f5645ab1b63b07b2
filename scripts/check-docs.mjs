/** Every public export has a doc comment, and every error code in the sources stands in docs/reference/errors.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root, typescriptFiles } from './sources.mjs'

const PACKAGES = ['state', 'core', 'kafka', 'testing', 'interactive-query']
const problems = []

const entries = PACKAGES.map(name => join(root, 'packages', name, 'src', 'index.ts'))
const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true, types: ['node'] }
const program = ts.createProgram(entries, options)
const checker = program.getTypeChecker()
for (const entry of entries) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry))
  for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    const [declaration] = symbol.declarations ?? []
    const file = declaration?.getSourceFile().fileName ?? ''
    if (!file.includes('/src/')) continue
    if (symbol.getDocumentationComment(checker).length === 0) problems.push(`${file.slice(root.length + 1)}: ${symbol.name} has no doc comment`)
  }
}

const documented = new Set([...readFileSync(join(root, 'docs/reference/errors.md'), 'utf8').matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, code]) => code))
for (const file of PACKAGES.flatMap(name => typescriptFiles(`packages/${name}/src`)).concat(typescriptFiles('examples'), typescriptFiles('tools'))) {
  const text = readFileSync(join(root, file), 'utf8')
  for (const [, code] of text.matchAll(/new (?:Millrace|Broker)?[A-Za-z]*Error\(\s*'([A-Z][A-Z0-9_]+)'/g)) {
    const name = /new BrokerError/.test(text) && !text.includes(`MillraceError('${code}'`) && !documented.has(code) ? `BROKER_${code}` : code
    if (!documented.has(name)) problems.push(`${file}: error code ${name} is not in docs/reference/errors.md`)
  }
}

for (const problem of new Set(problems)) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
