/** Turns a list of numbers into choices; the smaller the numbers, the simpler what is chosen. */
export class Picker {
  readonly #numbers: readonly number[]
  #next = 0

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers
  }

  /** The first ones are the simplest. */
  one<T>(choices: readonly T[]): T {
    return choices[(this.#numbers[this.#next++] ?? 0) % choices.length]!
  }

  /** The field with one of the values, or, as likely as not, no field. */
  maybe<T>(field: string, ...values: readonly T[]): Record<string, T> {
    const value = this.one<T | undefined>([...values.map(() => undefined), ...values])
    return value === undefined ? {} : { [field]: value }
  }
}
