/** How nodes and stores are named: one counter per builder, in Kafka Streams' form. */
import { MillraceError } from '@millrace/state'

const LEGAL_NAME = /^[a-zA-Z0-9._-]+$/
const MAX_NAME_LENGTH = 249
const DIGITS = 10

/**
 * Hands out names such as `KSTREAM-FILTER-0000000003`.
 *
 * Every call takes an index, also where the user's own name is then used: a topology's other names, and with them its
 * topics and stores, stay the same when one operator is given a name.
 */
export class NameCounter {
  #next = 0
  readonly #generated = new Set<string>()

  /** The user's name if there is one, else a generated one. Throws `TOPOLOGY_INVALID_NAME`. */
  node(prefix: string, name?: string): string {
    const generated = this.#generate(prefix)
    return name === undefined ? generated : validName(name, 'node')
  }

  /** As `node`, but the user's name takes no index: so Java names the nodes of the Processor API. */
  processor(prefix: string, name?: string): string {
    return name === undefined ? this.#generate(prefix) : validName(name, 'node')
  }

  /** A generated store name. A store that the user names takes no index. */
  store(prefix: string): string {
    return this.#generate(`${prefix}STATE-STORE-`)
  }

  /** The name of another prefix with the number of one that was generated. */
  sameNumber(prefix: string, generated: string): string {
    return this.#noted(prefix + generated.slice(-DIGITS))
  }

  /** Whether a name was generated here, or what is before one of the suffixes that stores and topics have. */
  isGenerated(name: string): boolean {
    return this.#generated.has(name.replace(/-(?:store|Buffer|repartition|topic)$/, ''))
  }

  #generate(prefix: string): string {
    return this.#noted(prefix + String(this.#next++).padStart(DIGITS, '0'))
  }

  #noted(name: string): string {
    this.#generated.add(name)
    return name
  }
}

/** Returns `name` if Kafka would take it as (part of) a topic name; else throws `TOPOLOGY_INVALID_NAME`. */
export function validName(name: string, what: 'node' | 'store' | 'topic' | 'branch'): string {
  const legal = typeof name === 'string' && LEGAL_NAME.test(name) && name.length <= MAX_NAME_LENGTH
  if (legal && name !== '.' && name !== '..') return name
  throw new MillraceError(
    'TOPOLOGY_INVALID_NAME',
    `${JSON.stringify(name)} cannot be the name of a ${what}. Use 1 to ${MAX_NAME_LENGTH} of the characters ` +
      `a-z, A-Z, 0-9, dot, underscore and hyphen; not "." or "..".`,
    { details: { what, name } }
  )
}
