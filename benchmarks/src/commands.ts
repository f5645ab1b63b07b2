/** How to start the programs that are compared. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ensureKafkaJars, requireJava } from '@millrace/broker-tool'
import type { Command } from './child.js'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** A compiled program of this folder; with `profile`, Node's CPU profile of it goes to that folder. */
export function nodeProgram(name: string, args: readonly string[], profile?: string): Command {
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  return { command: process.execPath, args: [...flags, path(`./${name}.js`), ...args] }
}

/** The word count example's program. */
export function wordCountProgram(args: readonly string[], profile?: string): Command {
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  return { command: process.execPath, args: [...flags, path('../../examples/wordcount/dist/main.js'), ...args] }
}

/** Compiles the Java programs and returns how to start one of them. */
export async function javaPrograms(): Promise<(name: string, args: readonly string[]) => Command> {
  await requireJava()
  const jars = `${await ensureKafkaJars()}/*`
  const sources = path('../java')
  const classes = path('../../.cache/benchmarks-java')
  mkdirSync(classes, { recursive: true })
  const files = readdirSync(sources)
    .filter(name => name.endsWith('.java'))
    .map(name => `${sources}/${name}`)
  execFileSync('javac', ['-d', classes, '-cp', jars, ...files], { stdio: 'inherit' })
  return (name, args) => ({
    command: 'java',
    args: ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', `${classes}:${jars}`, name, ...args]
  })
}
