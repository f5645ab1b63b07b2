/** Built packages can be imported, their exports exist, they declare what they import, and licences fit Apache-2.0. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { importsOf, root, typescriptFiles } from './sources.mjs'

const FITTING =
  /^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|Unlicense|CC0-1\.0|BlueOak-1\.0\.0|Python-2\.0|PSF-2\.0|MIT-0|WTFPL|Zlib)/
const problems = []
const read = path => JSON.parse(readFileSync(join(root, path), 'utf8'))

for (const name of readdirSync(join(root, 'packages'))) {
  const manifest = read(`packages/${name}/package.json`)
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    for (const file of Object.values(target)) {
      if (!existsSync(join(root, 'packages', name, file)))
        problems.push(`${manifest.name} exports ${subpath} as ${file}, which does not exist`)
    }
  }
  if (manifest.license !== 'Apache-2.0') problems.push(`${manifest.name} has the licence ${manifest.license}`)
  await import(manifest.name).catch(error => problems.push(`${manifest.name} cannot be imported: ${error.message}`))
  const declared = new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
    manifest.name
  ])
  for (const file of typescriptFiles(`packages/${name}/src`)) {
    for (const { specifier } of importsOf(file)) {
      const [scope, second] = specifier.split('/')
      const wanted = specifier.startsWith('@') ? `${scope}/${second}` : scope
      if (
        specifier.startsWith('.') ||
        specifier.startsWith('node:') ||
        builtinModules.includes(wanted) ||
        declared.has(wanted)
      )
        continue
      problems.push(`${file} imports ${wanted}, which ${manifest.name} does not declare`)
    }
  }
}

for (const [path, entry] of Object.entries(read('package-lock.json').packages)) {
  if (!path.startsWith('node_modules/') || entry.dev || entry.link) continue
  const manifest = join(root, path, 'package.json')
  if (!existsSync(manifest)) continue
  const { license, licenses } = JSON.parse(readFileSync(manifest, 'utf8'))
  const named = typeof license === 'string' ? license : (license?.type ?? licenses?.[0]?.type)
  if (!FITTING.test(named ?? '')) problems.push(`${path} has the licence ${named}`)
}

for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
