/** Compiles every TypeScript block of the README and of docs/, and runs those of the README that begin with `// runs`. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './sources.mjs'

// Within the workspace, so that the packages are found as a user's project finds them.
const folder = join(root, '.cache', 'snippets')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true })
    .map(String)
    .filter(path => path.endsWith('.md'))
    .map(path => join('docs', path))
]
const runnable = []
let count = 0
for (const page of pages) {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)
  for (const [, code] of blocks) {
    const name = `snippet-${++count}`
    writeFileSync(join(folder, `${name}.ts`), code)
    if (code.startsWith('// runs')) runnable.push({ name, page })
  }
}
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../tsconfig.base.json',
    compilerOptions: { composite: false, noUnusedLocals: false, outDir: 'out', rootDir: '.' },
    include: ['*.ts']
  })
)
execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder], { stdio: 'inherit' })
for (const { name, page } of runnable) {
  console.log(`running ${name} of ${page}`)
  execFileSync(process.execPath, [join(folder, 'out', `${name}.js`)], {
    stdio: 'inherit',
    timeout: 60_000,
    cwd: folder
  })
}
console.log(`${count} blocks compiled, ${runnable.length} run`)
if (runnable.length === 0) {
  console.error('no block of the README was run')
  process.exitCode = 1
}
