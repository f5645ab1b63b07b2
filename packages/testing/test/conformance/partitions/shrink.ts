/** Makes what fails smaller, as long as it fails. */
import fc from 'fast-check'

/** A value, and smaller ones of its kind, the smallest first. */
export interface Shrinkable<T> {
  readonly value: T
  smaller(): Iterable<Shrinkable<T>>
}

export interface Failure<T> {
  readonly value: T
  readonly reason: string
}

export interface ShrinkOptions {
  /** How many values to try at a time. */
  readonly atOnce: number
  /** How many values to try at all. */
  readonly tries: number
}

/** The smallest failing value that was found. `reasonOf` gives undefined for a value that does not fail. */
export async function shrink<T>(
  from: Shrinkable<T> & { readonly reason: string },
  { atOnce, tries }: ShrinkOptions,
  modules: { reasonOf(value: T): Promise<string | undefined> }
): Promise<Failure<T>> {
  const seen = new Set([JSON.stringify(from.value)])
  let [best, reason, left]: [Shrinkable<T>, string, number] = [from, from.reason, tries]
  let candidates = fresh(best, seen)
  while (left > 0) {
    const batch = [...taken(candidates, Math.min(atOnce, left))]
    if (batch.length === 0) break
    left -= batch.length
    const reasons = await Promise.all(batch.map(({ value }) => modules.reasonOf(value)))
    const failing = reasons.findIndex(each => each !== undefined)
    if (failing < 0) continue
    best = batch[failing]!
    reason = reasons[failing]!
    candidates = fresh(best, seen)
  }
  return { value: best.value, reason }
}

/** Values of an arbitrary with all that is needed to shrink them. */
export function drawShrinkable<T>(
  arbitrary: fc.Arbitrary<T>,
  { count, seed }: { readonly count: number; readonly seed: number }
): readonly Shrinkable<T>[] {
  const drawing = new Drawing(arbitrary)
  fc.sample(drawing, { numRuns: count, seed })
  const shrinkable = ({ value_: value, context }: fc.Value<T>): Shrinkable<T> => ({
    value,
    smaller: () => arbitrary.shrink(value, context).map(shrinkable)
  })
  return drawing.drawn.map(shrinkable)
}

/** An arbitrary that notes what it gives. */
class Drawing<T> extends fc.Arbitrary<T> {
  readonly drawn: fc.Value<T>[] = []
  readonly #inner: fc.Arbitrary<T>

  constructor(inner: fc.Arbitrary<T>) {
    super()
    this.#inner = inner
  }

  generate(...from: Parameters<fc.Arbitrary<T>['generate']>): fc.Value<T> {
    const value = this.#inner.generate(...from)
    this.drawn.push(value)
    return value
  }

  canShrinkWithoutContext(value: unknown): value is T {
    return this.#inner.canShrinkWithoutContext(value)
  }

  shrink(value: T, context: unknown): fc.Stream<fc.Value<T>> {
    return this.#inner.shrink(value, context)
  }
}

function* fresh<T>(from: Shrinkable<T>, seen: Set<string>): Generator<Shrinkable<T>> {
  for (const candidate of from.smaller()) {
    const text = JSON.stringify(candidate.value)
    if (seen.has(text)) continue
    seen.add(text)
    yield candidate
  }
}

function* taken<T>(from: Iterator<T>, count: number): Generator<T> {
  for (let i = 0; i < count; i++) {
    const { done, value } = from.next()
    if (done === true) return
    yield value
  }
}
