/** docs/reference/kafka-streams-parity.md says of every method of Kafka Streams what `@millrace/core` has of it. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import ts from 'typescript'

const root = new URL('../../../../', import.meta.url)
const page = readFileSync(new URL('docs/reference/kafka-streams-parity.md', root), 'utf8')
const javaMethods = readFileSync(new URL('conformance/api/expected/methods.txt', root), 'utf8').trim().split('\n')

interface Row {
  readonly methods: readonly string[]
  /** `Class.member`, or an export alone. */
  readonly ours: readonly string[]
  readonly state: string
  readonly note: string
}

const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(match => match[1]!)

function readRows(): Row[] {
  let javaClass = ''
  const rows: Row[] = []
  for (const line of page.split('\n')) {
    if (line.startsWith('### ')) javaClass = line.slice(4)
    if (!line.startsWith('| `')) continue
    const [, methods, ours, state, note] = line.split('|').map(cell => cell.trim()) as [
      string,
      string,
      string,
      string,
      string
    ]
    rows.push({ methods: quoted(methods).map(name => `${javaClass}.${name}`), ours: quoted(ours), state, note })
  }
  return rows
}

/** Every export, and every member of an export as `Class.member`. */
function exportedNames(): Set<string> {
  const index = fileURLToPath(new URL('packages/core/dist/index.d.ts', root))
  const program = ts.createProgram([index], { module: ts.ModuleKind.NodeNext, skipLibCheck: true, types: [] })
  const checker = program.getTypeChecker()
  const names = new Set<string>()
  for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(index)!)!)) {
    names.add(exported.name)
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    const statics = symbol.valueDeclaration === undefined ? undefined : checker.getTypeOfSymbol(symbol)
    for (const type of [checker.getDeclaredTypeOfSymbol(symbol), statics]) {
      if (type === undefined) continue
      for (const member of checker.getPropertiesOfType(type)) names.add(`${exported.name}.${member.name}`)
    }
  }
  return names
}

describe('the page that compares Millrace with Kafka Streams', function () {
  this.timeout(20_000)
  const rows = readRows()
  let exported: Set<string>

  before(() => {
    exported = exportedNames()
  })

  it('has each method of Kafka Streams once', () => {
    expect(rows.flatMap(({ methods }) => methods).toSorted()).to.deep.equal(javaMethods.toSorted())
  })

  it('says of each what there is: yes, differs and how, not yet, or no and why', () => {
    for (const { methods, state, note } of rows) {
      expect(['yes', 'differs', 'not yet', 'no'], methods.join()).to.include(state)
      if (state === 'differs' || state === 'no') expect(note, methods.join()).to.not.equal('')
    }
  })

  it('names only what is exported, and names something wherever there is something', () => {
    for (const { methods, ours, state } of rows) {
      expect(ours.length > 0, `${methods.join()}: ${state}`).to.equal(state === 'yes' || state === 'differs')
      for (const name of ours) expect(exported, methods.join()).to.include(name)
    }
  })

  it('names only what is exported as going beyond Kafka Streams', () => {
    const [, beyond = ''] = page.split('\n## Beyond Kafka Streams\n')
    const ours = beyond.split('\n').flatMap(line => quoted(line.split('|')[2] ?? ''))
    expect(ours).to.include('Topology.toMermaid')
    for (const name of ours) expect(exported).to.include(name)
  })

  it('calls nothing missing that has been made since', () => {
    const missing = rows.filter(({ state }) => state === 'not yet').flatMap(({ methods }) => methods)
    expect(missing.filter(name => exported.has(name))).to.deep.equal([])
  })
})
