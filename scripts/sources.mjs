/** Reads the TypeScript sources of the workspace for the checks. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

export const root = join(import.meta.dirname, '..')

/** All source files below a folder, relative to the root. */
export function typescriptFiles(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
    .filter(path => !/(^|\/)(node_modules|dist|dist-test|target)\//.test(path))
}

/** The modules a file imports, each with whether it is needed when the program runs. */
export function importsOf(file) {
  const text = readFileSync(join(root, file), 'utf8')
  const found = []
  for (const [, keyword, clause, specifier] of text.matchAll(
    /^(import|export)\s+([^'"]*?from\s+)?['"]([^'"]+)['"]/gms
  )) {
    const names = /\{([^}]*)\}/s.exec(clause ?? '')?.[1]
    const typeOnly =
      /^type\s/.test(clause ?? '') ||
      (keyword === 'import' &&
        names !== undefined &&
        !/^\s*\w+\s*,/.test(clause) &&
        names.split(',').every(name => /^\s*(type\s|$)/.test(name)))
    found.push({ specifier, typeOnly })
  }
  return found
}

/** The file a relative import means. */
export function resolveImport(file, specifier) {
  return relative(root, resolve(root, dirname(file), specifier)).replace(/\.js$/, '.ts')
}
