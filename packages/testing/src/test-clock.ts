/** A clock that moves only when it is told to. */
export class TestClock {
  #time: number

  constructor(time: number) {
    this.#time = time
  }

  now(): number {
    return this.#time
  }

  advance(ms: number): void {
    this.#time += ms
  }
}
