/** Grows a random topology from lists of numbers, one for each step. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { operatorNames } from '../operators.js'
import type { Step } from '../scenario.js'
import { Picker } from './picker.js'
import type { Handle, Productions } from './production.js'
import { PARTITIONERS } from './words.js'

/** Productions of operations that Millrace has. Every module in `productions/` exports some. */
const productions = new Map<string, Productions[string]>()
const folder = join(import.meta.dirname, 'productions')
for (const file of readdirSync(folder)
  .filter(name => name.endsWith('.js'))
  .toSorted()) {
  const module = (await import(join(folder, file))) as { productions: Productions }
  for (const [name, production] of Object.entries(module.productions)) {
    if (operatorNames.has(name)) productions.set(name, production)
  }
}

export const GLOBAL_TOPICS: readonly string[] = ['g', 'h']

const SOURCES = [
  { op: 'stream', kind: 'KStream', topics: ['s', 'r'] },
  { op: 'table', kind: 'KTable', topics: ['t', 'u'] },
  { op: 'globalTable', kind: 'GlobalKTable', topics: GLOBAL_TOPICS }
]

/** Where a stream may be written. */
const ENDS: readonly ((name: string) => Readonly<Record<string, unknown>>)[] = [
  name => ({ topic: `out-${name}` }),
  name => ({ topic: `out-${name}` }),
  name => ({ topicBy: `out-${name}-{key}` })
]

export interface RandomTopology {
  readonly topology: readonly Step[]
  /** What it reads. */
  readonly topics: readonly string[]
}

export function growTopology(genes: readonly (readonly number[])[]): RandomTopology {
  const growing = new Growing()
  for (const gene of genes) growing.step(new Picker(gene))
  // The last numbers of a list are seldom reached.
  growing.end(new Picker(genes[0]!.toReversed()))
  return growing
}

function isTableWithStore({ op, store, historyMs }: Step): boolean {
  return op === 'table' && store !== undefined && historyMs === undefined
}

class Growing implements RandomTopology {
  readonly topology: Step[] = []
  readonly topics: string[] = []
  readonly #handles: Handle[] = []
  readonly #used = new Set<string>()
  #names = 0

  /** Goes on from something there is, or adds a source. */
  step(pick: Picker): void {
    const more = this.#handles.length === 0 || pick.one([false, false, false, true])
    if (more && this.#source(pick)) return
    // What was made last is gone on with most often.
    const latest = this.#handles.at(-1)!
    const from = pick.one([latest, latest, ...this.#handles])
    const fitting = [...productions].filter(([name]) => name.startsWith(`${from.kind}.`))
    if (fitting.length === 0) return
    const [name, production] = pick.one(fitting)
    const growth = production({
      pick,
      from,
      fresh: prefix => this.#fresh(prefix),
      tableStores: this.topology.filter(isTableWithStore).map(({ store }) => store as string),
      others: kind => this.#handles.filter(other => other.kind === kind && other.windowed === from.windowed)
    })
    if (growth === undefined) return
    this.#used.add(from.name)
    const op = /\.(\w+)/.exec(name)![1]!
    if (growth.before !== undefined) this.topology.push(growth.before)
    const { kind, windowed = from.windowed, names = [this.#fresh('n')] } = growth
    this.topology.push({
      op,
      from: from.name,
      ...(growth.names === undefined ? { as: names[0]! } : {}),
      ...growth.step
    })
    this.#handles.push(...names.toReversed().map(name => ({ name, kind, windowed })))
  }

  /** Lets everything that nothing goes on from be seen. */
  end(pick: Picker): void {
    for (const { kind, name } of this.#handles.filter(handle => !this.#used.has(handle.name))) {
      if (kind !== 'KTable' && kind !== 'KStream') continue
      if (kind === 'KTable') this.topology.push({ op: 'toStream', from: name, as: `${name}-stream` })
      const from = kind === 'KTable' ? `${name}-stream` : name
      this.topology.push({ op: 'to', from, ...pick.one(ENDS)(name), ...pick.maybe('partitioner', ...PARTITIONERS) })
    }
  }

  /** A topic is read once; returns whether there was one left. */
  #source(pick: Picker): boolean {
    const { op, kind, topics } = pick.one(SOURCES)
    const free = topics.filter(name => !this.topics.includes(name))
    if (free.length === 0) return false
    const several = op === 'stream' && free.length > 1 && pick.one([false, false, false, true])
    const topic = several ? free : free[0]!
    const store = op !== 'stream' && pick.one([false, true]) ? { store: this.#fresh('store') } : {}
    const history = op === 'table' && 'store' in store ? pick.maybe('historyMs', 50) : {}
    const times = op === 'globalTable' ? {} : pick.maybe('timestamps', 'length')
    const name = this.#fresh('n')
    this.topics.push(...[topic].flat())
    this.topology.push({ op, topic, as: name, ...store, ...history, ...times })
    this.#handles.push({ name, kind, windowed: false })
    return true
  }

  #fresh(prefix: string): string {
    return `${prefix}${this.#names++}`
  }
}
