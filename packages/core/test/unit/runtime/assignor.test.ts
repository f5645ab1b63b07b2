import { expect } from 'chai'
import fc from 'fast-check'
import {
  type AssignorMember,
  type AssignorTask,
  assignTasks,
  type MemberTasks
} from '../../../dist/runtime/assignor.js'

const NO_OFFSETS: ReadonlyMap<string, number> = new Map()

function aMember(memberId: string, facts: Partial<AssignorMember> = {}): AssignorMember {
  return {
    memberId,
    processId: `process of ${memberId}`,
    generationId: 1,
    ownedTasks: [],
    taskOffsets: NO_OFFSETS,
    ...facts
  }
}

/** `sizes[s]` tasks of each subtopology `s`. */
function tasksOf(sizes: readonly number[]): AssignorTask[] {
  return sizes.flatMap((count, subtopology) =>
    Array.from({ length: count }, (_, partition) => ({
      id: `${subtopology}_${partition}`,
      partitions: [{ topic: `topic-${subtopology}`, partition }]
    }))
  )
}

type Assignment = ReadonlyMap<string, MemberTasks>

/** Each member takes what it was given, as the runtime does before it joins again. */
function members(ids: readonly string[], before: Assignment | undefined, generationId = 1): AssignorMember[] {
  return ids.map(id => aMember(id, { generationId, ownedTasks: before?.get(id)?.activeTasks ?? [] }))
}

/** Rounds until nobody has anything to give up. */
function settle(
  ids: readonly string[],
  tasks: readonly AssignorTask[],
  before?: Assignment
): { assignment: Assignment; rounds: number } {
  let assignment = assignTasks({ members: members(ids, before), tasks })
  for (let rounds = 1; ; rounds++) {
    const next = assignTasks({ members: members(ids, assignment, rounds + 1), tasks })
    if (JSON.stringify([...next]) === JSON.stringify([...assignment])) return { assignment, rounds }
    if (rounds > 10) throw new Error('does not converge')
    assignment = next
  }
}

function owners(assignment: Assignment): Map<string, string> {
  return new Map(
    [...assignment].flatMap(([member, { activeTasks }]) => activeTasks.map(task => [task, member] as const))
  )
}

function spread(counts: readonly number[]): number {
  return Math.max(...counts) - Math.min(...counts)
}

function overallSpread(assignment: Assignment): number {
  return spread([...assignment.values()].map(({ activeTasks }) => activeTasks.length))
}

function subtopologySpread(assignment: Assignment, subtopology: number): number {
  return spread(
    [...assignment.values()].map(({ activeTasks }) => activeTasks.filter(id => id.startsWith(`${subtopology}_`)).length)
  )
}

function moved(before: Assignment, after: Assignment): string[] {
  const now = owners(after)
  return [...owners(before)].filter(([task, member]) => now.get(task) !== member).map(([task]) => task)
}

const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 })
const idsOf = (count: number) => Array.from({ length: count }, (_, i) => `member-${i}`)
const memberCount = fc.integer({ min: 1, max: 7 })

/** Any claims at all: several members may claim one task, others nobody. */
const anyGroup = fc.tuple(sizes, memberCount).chain(([counts, count]) => {
  const tasks = tasksOf(counts)
  const member = fc.record({
    generationId: fc.integer({ min: -1, max: 3 }),
    ownedTasks: fc.subarray(tasks.map(({ id }) => id)),
    taskOffsets: fc.subarray(tasks.map(({ id }) => id)).map(ids => new Map(ids.map((id, i) => [id, i * 10])))
  })
  return fc.tuple(...idsOf(count).map(id => member.map(facts => aMember(id, facts)))).map(group => ({ tasks, group }))
})

describe('assignTasks', () => {
  it('gives a lone member everything, with the partitions', () => {
    const assignment = assignTasks({ members: [aMember('a')], tasks: tasksOf([2, 1]) })
    expect(assignment.get('a')).to.deep.equal({
      activeTasks: ['0_0', '0_1', '1_0'],
      standbyTasks: [],
      partitions: [
        { topic: 'topic-0', partition: 0 },
        { topic: 'topic-0', partition: 1 },
        { topic: 'topic-1', partition: 0 }
      ]
    })
  })

  it('orders tasks by number, not by text', () => {
    const assignment = assignTasks({ members: [aMember('a')], tasks: tasksOf([11]) })
    expect(assignment.get('a')!.activeTasks.slice(-2)).to.deep.equal(['0_9', '0_10'])
  })

  it('assigns nothing when there are no members', () => {
    expect(assignTasks({ members: [], tasks: tasksOf([2]) }).size).to.equal(0)
  })

  it('withholds a task from its new owner until the old one has given it up', () => {
    const tasks = tasksOf([2])
    const first = assignTasks({ members: [aMember('a', { ownedTasks: ['0_0', '0_1'] }), aMember('b')], tasks })
    expect(first.get('a')!.activeTasks).to.deep.equal(['0_0'])
    expect(first.get('b')!.activeTasks).to.deep.equal([])
    const second = assignTasks({ members: [aMember('a', { ownedTasks: ['0_0'] }), aMember('b')], tasks })
    expect(second.get('b')!.activeTasks).to.deep.equal(['0_1'])
  })

  it('takes a claimed partition for a claimed task', () => {
    const owned = [{ topic: 'topic-0', partition: 1 }]
    const assignment = assignTasks({
      members: [aMember('a'), aMember('b', { ownedPartitions: owned })],
      tasks: tasksOf([2])
    })
    expect(assignment.get('b')!.activeTasks).to.deep.equal(['0_1'])
  })

  it('leaves a task that two claim with the one of the higher generation', () => {
    const zombie = aMember('a', { generationId: 3, ownedTasks: ['0_0', '0_1'] })
    const owner = aMember('b', { generationId: 5, ownedTasks: ['0_0'] })
    const assignment = assignTasks({ members: [zombie, owner], tasks: tasksOf([2]) })
    expect(assignment.get('b')!.activeTasks).to.deep.equal(['0_0'])
    expect(assignment.get('a')!.activeTasks).to.deep.equal(['0_1'])
  })

  it('gives a task that two claim in the same generation to neither', () => {
    const group = ['a', 'b'].map(id => aMember(id, { ownedTasks: ['0_0'] }))
    const assignment = assignTasks({ members: group, tasks: tasksOf([1]) })
    expect([...owners(assignment)]).to.deep.equal([])
  })

  it('prefers the member whose stores hold more of the changelog', () => {
    const a = aMember('a', {
      taskOffsets: new Map([
        ['0_0', 10],
        ['0_1', 500]
      ])
    })
    const b = aMember('b', {
      taskOffsets: new Map([
        ['0_0', 90],
        ['0_1', 20]
      ])
    })
    const assignment = assignTasks({ members: [a, b], tasks: tasksOf([2]) })
    expect(owners(assignment)).to.deep.equal(
      new Map([
        ['0_1', 'a'],
        ['0_0', 'b']
      ])
    )
  })

  it('asks for those tasks back whose state the member that joins has already', () => {
    const offsets = (...ids: string[]) => new Map(ids.map(id => [id, 100]))
    const owner = aMember('a', {
      ownedTasks: ['0_0', '0_1', '0_2', '0_3'],
      taskOffsets: offsets('0_0', '0_1', '0_2', '0_3')
    })
    const back = aMember('b', { taskOffsets: offsets('0_0', '0_2') })
    const group = [owner, back]
    const first = assignTasks({ members: group, tasks: tasksOf([4]) })
    expect(first.get('a')!.activeTasks).to.deep.equal(['0_1', '0_3'])
    const settled = assignTasks({
      members: [{ ...owner, ownedTasks: ['0_1', '0_3'] }, back],
      tasks: tasksOf([4])
    })
    expect(settled.get('b')!.activeTasks).to.deep.equal(['0_0', '0_2'])
  })

  it('ignores claims of tasks that do not exist', () => {
    const assignment = assignTasks({
      members: [aMember('a', { ownedTasks: ['7_7'] }), aMember('b')],
      tasks: tasksOf([2])
    })
    expect(owners(assignment).size).to.equal(2)
  })

  it('spreads every subtopology and the whole evenly when everything is placed anew', () => {
    fc.assert(
      fc.property(sizes, memberCount, (counts, count) => {
        const assignment = assignTasks({ members: idsOf(count).map(id => aMember(id)), tasks: tasksOf(counts) })
        expect(overallSpread(assignment)).to.be.at.most(1)
        for (const subtopology of counts.keys()) expect(subtopologySpread(assignment, subtopology)).to.be.at.most(1)
      })
    )
  })

  it('never gives one task to two members, nor to one while another may run it', () => {
    fc.assert(
      fc.property(anyGroup, ({ tasks, group }) => {
        const assignment = assignTasks({ members: group, tasks })
        const given = [...assignment.values()].flatMap(({ activeTasks }) => activeTasks)
        expect(new Set(given).size).to.equal(given.length)
        const newest = (id: string) =>
          Math.max(...group.filter(m => m.ownedTasks.includes(id)).map(m => m.generationId))
        for (const [task, receiver] of owners(assignment)) {
          const claimants = group.filter(({ ownedTasks }) => ownedTasks.includes(task))
          if (claimants.length === 0) continue
          expect(claimants.filter(m => m.generationId === newest(task)).map(m => m.memberId)).to.deep.equal([receiver])
        }
      })
    )
  })

  it('has assigned every task exactly once, balanced, after at most two rounds, whatever was claimed', () => {
    fc.assert(
      fc.property(anyGroup, ({ tasks, group }) => {
        const first = assignTasks({ members: group, tasks })
        const second = assignTasks({
          members: members(
            group.map(({ memberId }) => memberId),
            first,
            9
          ),
          tasks
        })
        expect([...owners(second).keys()].sort()).to.deep.equal(tasks.map(({ id }) => id).sort())
        expect(overallSpread(second)).to.be.at.most(1)
      })
    )
  })

  it('stays as it is once everybody has taken what it was given', () => {
    fc.assert(
      fc.property(sizes, memberCount, (counts, count) => {
        expect(settle(idsOf(count), tasksOf(counts)).rounds).to.equal(1)
      })
    )
  })

  it("moves at most a newcomer's share when one joins", () => {
    fc.assert(
      fc.property(sizes, memberCount, (counts, count) => {
        const tasks = tasksOf(counts)
        const before = settle(idsOf(count), tasks).assignment
        const { assignment, rounds } = settle([...idsOf(count), 'newcomer'], tasks, before)
        expect(rounds).to.be.at.most(2)
        expect(moved(before, assignment)).to.have.length.at.most(Math.ceil(tasks.length / (count + 1)))
        expect(overallSpread(assignment)).to.be.at.most(1)
        // Mostly 1; 2 in one case of ten, and 3 in fewer than one of a hundred thousand, as with [2, 2, 3, 3, 4, 10] and three members.
        for (const subtopology of counts.keys()) expect(subtopologySpread(assignment, subtopology)).to.be.at.most(3)
      }),
      { numRuns: 300 }
    )
  })

  it('moves only the tasks of a member that leaves', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 2, max: 7 }), fc.nat(), (counts, count, pick) => {
        const tasks = tasksOf(counts)
        const ids = idsOf(count)
        const before = settle(ids, tasks).assignment
        const departed = ids[pick % count]!
        const { assignment, rounds } = settle(
          ids.filter(id => id !== departed),
          tasks,
          before
        )
        expect(rounds).to.equal(1)
        expect(moved(before, assignment)).to.have.members(before.get(departed)!.activeTasks)
        expect(overallSpread(assignment)).to.be.at.most(1)
      }),
      { numRuns: 300 }
    )
  })

  it('depends neither on the order of members nor on that of tasks', () => {
    fc.assert(
      fc.property(anyGroup, ({ tasks, group }) => {
        const reversed = assignTasks({ members: [...group].reverse(), tasks: [...tasks].reverse() })
        expect([...reversed]).to.deep.equal([...assignTasks({ members: group, tasks })])
      })
    )
  })
})
