/** The heap that gives out equals as Java's does. */
import { expect } from 'chai'
import fc from 'fast-check'
import { JavaHeap } from '../../../dist/runtime/java-heap.js'

describe('JavaHeap', () => {
  it('gives the least first, and nothing when it is empty', () => {
    const heap = new JavaHeap<number>((a, b) => a - b)
    for (const item of [3, 1, 2]) heap.add(item)
    expect([heap.first, heap.take(), heap.take(), heap.take(), heap.take()]).to.deep.equal([1, 1, 2, 3, undefined])
  })

  it('gives equals in the order of java.util.PriorityQueue', () => {
    const heap = new JavaHeap<string>(() => 0)
    for (const item of 'abcde') heap.add(item)
    // jshell: new PriorityQueue<String>((x, y) -> 0), five times add, five times poll.
    expect([...'abcde'].map(() => heap.take())).to.deep.equal(['a', 'e', 'd', 'c', 'b'])
  })

  it('is in order whatever is added and taken', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat({ max: 9 }), { freq: 3 }), { maxLength: 60 }), steps => {
        const heap = new JavaHeap<number>((a, b) => a - b)
        const model: number[] = []
        for (const item of steps) {
          if (item === null) expect(heap.take()).to.equal(model.shift())
          else {
            heap.add(item)
            model.push(item)
            model.sort((a, b) => a - b)
          }
        }
      })
    )
  })
})
