/** Other libraries for Node. They are a project of their own, `peers/node`, which is installed when a benchmark needs it. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from './child.js'

const PROJECT = fileURLToPath(new URL('../peers/node', import.meta.url))
const { dependencies } = JSON.parse(readFileSync(`${PROJECT}/package.json`, 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>
}

/** A library's name with the version that is measured. */
export function versioned(name: string): string {
  const version = dependencies[name]
  if (version === undefined) throw new Error(`benchmarks/peers/node does not depend on ${name}`)
  return `${name} ${version}`
}

/** Installs the libraries, as their lock file says, and returns how to start a program of the project. */
export function nodePeerPrograms(): (name: string, args: readonly string[]) => Command {
  if (!isInstalled()) {
    console.log('installing the peers of benchmarks/peers/node')
    // Not npm ci: it refuses where packages for other platforms cannot be had.
    execFileSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', PROJECT], { stdio: 'inherit' })
  }
  return (name, args) => ({ command: process.execPath, args: [`${PROJECT}/${name}.js`, ...args] })
}

function isInstalled(): boolean {
  const installed = `${PROJECT}/node_modules/.package-lock.json`
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${PROJECT}/package-lock.json`).mtimeMs
}
