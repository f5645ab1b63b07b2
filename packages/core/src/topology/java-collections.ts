/** The iteration order of Java's hash and tree sets, on which the text of `describe()` depends. */

const LEAST_CAPACITY = 16
const LOAD_FACTOR = 0.75

/** `String#hashCode`, spread as `HashMap` spreads it. */
function spreadHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash ^ (hash >>> 16)
}

/** The keys in the order in which a `HashMap` that they were added to one by one iterates them. */
export function hashOrder(keys: readonly string[]): string[] {
  let capacity = LEAST_CAPACITY
  while (keys.length > capacity * LOAD_FACTOR) capacity *= 2
  const bucket = (key: string): number => spreadHash(key) & (capacity - 1)
  // Array#sort is stable, as a bucket keeps the order of insertion.
  return [...keys].sort((a, b) => bucket(a) - bucket(b))
}

interface TreeNode<T> {
  readonly item: T
  left: TreeNode<T> | undefined
  right: TreeNode<T> | undefined
  parent: TreeNode<T> | undefined
  red: boolean
}

/**
 * A `TreeSet` whose comparator reads values that change after insertion, as the one behind `describe()` does: the order
 * then depends on the shape of the tree at each insertion, so the tree is rebuilt here as Java builds it (red-black, in
 * the form of Cormen et al.).
 */
export class JavaTreeSet<T> {
  readonly #compare: (a: T, b: T) => number
  #root: TreeNode<T> | undefined

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  add(item: T): void {
    let parent: TreeNode<T> | undefined
    let order = 0
    for (let at = this.#root; at !== undefined; at = order < 0 ? at.left : at.right) {
      parent = at
      order = this.#compare(item, at.item)
      if (order === 0) return
    }
    const node: TreeNode<T> = { item, left: undefined, right: undefined, parent, red: true }
    if (parent === undefined) this.#root = node
    else if (order < 0) parent.left = node
    else parent.right = node
    this.#rebalance(node)
  }

  items(): T[] {
    const items: T[] = []
    const visit = (node: TreeNode<T> | undefined): void => {
      if (node === undefined) return
      visit(node.left)
      items.push(node.item)
      visit(node.right)
    }
    visit(this.#root)
    return items
  }

  #rebalance(added: TreeNode<T>): void {
    let node = added
    while (node.parent?.red === true) {
      const parent = node.parent
      const grandparent = parent.parent!
      const parentIsLeft = grandparent.left === parent
      const uncle = parentIsLeft ? grandparent.right : grandparent.left
      if (uncle?.red === true) {
        parent.red = false
        uncle.red = false
        grandparent.red = true
        node = grandparent
        continue
      }
      if ((parentIsLeft ? parent.right : parent.left) === node) {
        node = parent
        this.#rotate(node, parentIsLeft)
      }
      node.parent!.red = false
      grandparent.red = true
      this.#rotate(grandparent, !parentIsLeft)
    }
    this.#root!.red = false
  }

  /** Turns the edge to the right child (`left` true) or to the left child around. */
  #rotate(node: TreeNode<T>, left: boolean): void {
    const child = (left ? node.right : node.left)!
    const inner = left ? child.left : child.right
    if (left) node.right = inner
    else node.left = inner
    if (inner !== undefined) inner.parent = node
    child.parent = node.parent
    if (node.parent === undefined) this.#root = child
    else if (node.parent.left === node) node.parent.left = child
    else node.parent.right = child
    if (left) child.left = node
    else child.right = node
    node.parent = child
  }
}
