/**
 * User functions as text: a template of `{names}`, then functions of one argument behind bars, then perhaps a condition
 * under which the result is null. `{left}/{right}`, `{value}|first`, `{aggregate}{value} unless {value}|is:c`.
 */
const UNLESS = ' unless '
/** The end of a window that never ends, as Java has it. */
const LARGEST_LONG = 2n ** 63n - 1n
const NAME = /\{(\w+)\}/g

export type Arguments = Readonly<Record<string, unknown>>

/** Compiles a parameter of a step. Throws where there is none. */
export function expression(text: unknown): (values: Arguments) => any {
  if (typeof text !== 'string') throw new Error(`An expression is text, not ${JSON.stringify(text)}`)
  const condition = text.indexOf(UNLESS)
  if (condition >= 0) {
    const [result, unless] = [expression(text.slice(0, condition)), expression(text.slice(condition + UNLESS.length))]
    return values => (unless(values) === true ? null : result(values))
  }
  const [template, ...calls] = text.split('|') as [string, ...string[]]
  const steps = calls.map(compileCall)
  const alone = /^\{(\w+)\}$/.exec(template)?.[1]
  return values => {
    let result: unknown = alone === undefined ? fill(template, values) : plain(valueOf(values, alone))
    for (const step of steps) result = step(result, values)
    return result
  }
}

/** A value as the scenarios write it; a windowed key as `key@start/end`. */
export function asText(value: unknown): string {
  if (!isWindowed(value)) return String(value)
  const { start, end } = value.window
  return `${asText(value.key)}@${start}/${end === Infinity ? LARGEST_LONG : end}`
}

function fill(template: string, values: Arguments): string {
  return template.replace(NAME, (_, name: string) => asText(valueOf(values, name)))
}

function plain(value: unknown): unknown {
  return isWindowed(value) ? asText(value) : value
}

function isWindowed(
  value: unknown
): value is { readonly key: unknown; readonly window: { readonly start: number; readonly end: number } } {
  return typeof value === 'object' && value !== null && 'window' in value
}

function valueOf(values: Arguments, name: string): unknown {
  if (!(name in values)) throw new Error(`{${name}} is none of ${Object.keys(values).join(', ')}`)
  return values[name]
}

const PREDICATES: Record<string, (value: string, argument: string) => boolean> = {
  is: (value, argument) => value === argument,
  starts: (value, argument) => value.startsWith(argument),
  longer: (value, argument) => value.length > Number(argument)
}

const FUNCTIONS: Record<string, (value: string, argument: string) => string | number> = {
  upper: value => value.toUpperCase(),
  append: (value, argument) => value + argument,
  first: value => value.slice(0, 1),
  length: value => value.length
}

function compileCall(call: string): (value: unknown, values: Arguments) => unknown {
  const colon = call.indexOf(':')
  const [name, template] = colon < 0 ? [call, ''] : [call.slice(0, colon), call.slice(colon + 1)]
  if (name === 'not') return value => value !== true
  if (name === 'isNull') return value => value === null
  if (name === 'words') return value => (value === null ? [] : asText(value).split(' '))
  const predicate = PREDICATES[name]
  if (predicate !== undefined)
    return (value, values) => value !== null && predicate(asText(value), fill(template, values))
  const mapper = FUNCTIONS[name]
  if (mapper === undefined) throw new Error(`There is no function ${name}`)
  return (value, values) => (value === null ? null : mapper(asText(value), fill(template, values)))
}
