/** A set of strings in their order. */

/** A block that grows past this is cut in two: short enough to insert by moving, long enough to keep blocks few. */
const BLOCK_LIMIT = 512

/** Strings in ascending blocks, so that an insertion or deletion anywhere moves a few hundred of them at most. */
export class SortedTexts {
  /** None is empty. */
  #blocks: string[][] = []

  has(text: string): boolean {
    const block = this.#blocks[this.#blockOf(text)]
    return block !== undefined && block[place(block, text)] === text
  }

  add(text: string): void {
    const blocks = this.#blocks
    if (blocks.length === 0) {
      blocks.push([text])
      return
    }
    const number = Math.min(this.#blockOf(text), blocks.length - 1)
    const block = blocks[number]!
    const at = place(block, text)
    if (block[at] === text) return
    if (at === block.length) block.push(text)
    else block.splice(at, 0, text)
    if (block.length > BLOCK_LIMIT) blocks.splice(number + 1, 0, block.splice(BLOCK_LIMIT >>> 1))
  }

  delete(text: string): void {
    const number = this.#blockOf(text)
    const block = this.#blocks[number]
    if (block === undefined) return
    const at = place(block, text)
    if (block[at] !== text) return
    block.splice(at, 1)
    if (block.length === 0) this.#blocks.splice(number, 1)
  }

  clear(): void {
    this.#blocks = []
  }

  get first(): string | undefined {
    return this.#blocks[0]?.[0]
  }

  /** From the first that is not below `low` on. Nothing may be added or deleted meanwhile. */
  *from(low: string): Generator<string, void> {
    const first = this.#blockOf(low)
    for (let number = first; number < this.#blocks.length; number++) {
      const block = this.#blocks[number]!
      for (let at = number === first ? place(block, low) : 0; at < block.length; at++) yield block[at]!
    }
  }

  /** The last that is below `high`. */
  lastBelow(high: string): string | undefined {
    const number = this.#blockOf(high)
    const at = number < this.#blocks.length ? place(this.#blocks[number]!, high) : 0
    return at > 0 ? this.#blocks[number]![at - 1] : this.#blocks[number - 1]?.at(-1)
  }

  /** The first block whose last string is not below `text`; their number if there is none. */
  #blockOf(text: string): number {
    const blocks = this.#blocks
    let low = 0
    let high = blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const block = blocks[middle]!
      if (block[block.length - 1]! < text) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Where `text` is in a block, or belongs. */
function place(block: readonly string[], text: string): number {
  let low = 0
  let high = block.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (block[middle]! < text) low = middle + 1
    else high = middle
  }
  return low
}
