/** Pure: which member of the group gets which task. Sticky, balanced, cooperative; the same input gives the same result. */
import { partitionKey } from '../client/partition-key.js'
import type { TopicPartition } from '../record.js'

export interface AssignorTask {
  /** `<subtopology>_<partition>`. */
  readonly id: string
  readonly partitions: readonly TopicPartition[]
}

/** A member is one worker, so one thread: all have the same capacity. */
export interface AssignorMember {
  readonly memberId: string
  readonly processId: string
  /** Of the assignment that gave it what it owns; -1 for none. */
  readonly generationId: number
  /** What it has not given up yet. */
  readonly ownedTasks: readonly string[]
  /** As it told the group; a task counts as owned too when one of its partitions is here. */
  readonly ownedPartitions?: readonly TopicPartition[]
  /** By task, what its stores hold of the changelogs: the member with most restores fastest. */
  readonly taskOffsets: ReadonlyMap<string, number>
}

export interface MemberTasks {
  readonly activeTasks: readonly string[]
  /** None yet. */
  readonly standbyTasks: readonly string[]
  /** Of the active tasks. */
  readonly partitions: readonly TopicPartition[]
}

/**
 * Assigns tasks to members.
 *
 * A task that another living member still owns is in nobody's assignment this round: its owner sees that it is gone,
 * gives it up and joins again, and the next round hands it over. So after at most two rounds each task is assigned once.
 *
 * Counts of tasks differ by at most one between members. Tasks stay where they are as far as that allows. What has to be
 * placed goes to the member whose stores are furthest, and such that each subtopology's tasks are spread over the
 * members: exactly so (a difference of at most one) when everything is placed anew, as well as possible otherwise, since
 * evenness is not worth another move of state.
 *
 * When two members claim a task (one was away and does not know it yet), the one with the higher generation owns it; with
 * the same generation, neither.
 */
export function assignTasks(input: {
  readonly members: readonly AssignorMember[]
  readonly tasks: readonly AssignorTask[]
}): ReadonlyMap<string, MemberTasks> {
  const members = [...input.members].sort((a, b) => compare(a.memberId, b.memberId))
  const tasks = input.tasks
    .map(task => ({ ...task, ...parseTaskId(task.id) }))
    .sort((a, b) => a.subtopology - b.subtopology || a.partition - b.partition || compare(a.id, b.id))
  if (members.length === 0) return new Map()
  const claims = claimsByTask(members, tasks)
  const board = new Board(members, tasks)
  keepOwned(board, claims)
  placeWhereStateIs(board)
  placeEvenly(board)
  return handOver(board, claims)
}

interface PlannedTask extends AssignorTask {
  readonly subtopology: number
  readonly partition: number
}

interface Claims {
  /** All living members that may be running the task. */
  readonly claimants: ReadonlySet<string>
  readonly owner: string | undefined
}

/** Who has what so far, and who may have more. */
class Board {
  readonly tasks: readonly PlannedTask[]
  readonly seats: readonly Seat[]
  readonly #seatsById: ReadonlyMap<string, Seat>
  readonly #subtopologySizes = new Map<number, number>()
  /** What every member gets at least. */
  readonly base: number
  /** How many members may still get one task more than the others. */
  #extra: number
  readonly unplaced = new Map<string, PlannedTask>()

  constructor(members: readonly AssignorMember[], tasks: readonly PlannedTask[]) {
    this.tasks = tasks
    this.seats = members.map(member => new Seat(member))
    this.#seatsById = new Map(this.seats.map(seat => [seat.member.memberId, seat]))
    this.base = Math.floor(tasks.length / members.length)
    this.#extra = tasks.length % members.length
    for (const task of tasks) {
      this.unplaced.set(task.id, task)
      this.#subtopologySizes.set(task.subtopology, (this.#subtopologySizes.get(task.subtopology) ?? 0) + 1)
    }
  }

  seat(memberId: string): Seat | undefined {
    return this.#seatsById.get(memberId)
  }

  /** What each member would have of a subtopology if its tasks could be cut. */
  share(subtopology: number): number {
    return (this.#subtopologySizes.get(subtopology) ?? 0) / this.seats.length
  }

  /** How many more tasks a member may get. */
  room(seat: Seat): number {
    return this.base + (this.#extra > 0 ? 1 : 0) - seat.count
  }

  place(task: PlannedTask, seat: Seat): void {
    if (seat.count === this.base) this.#extra--
    seat.add(task)
    this.unplaced.delete(task.id)
  }
}

/** One member's tasks so far. */
class Seat {
  readonly member: AssignorMember
  readonly tasks: PlannedTask[] = []
  readonly #perSubtopology = new Map<number, number>()

  constructor(member: AssignorMember) {
    this.member = member
  }

  get count(): number {
    return this.tasks.length
  }

  countOf(subtopology: number): number {
    return this.#perSubtopology.get(subtopology) ?? 0
  }

  add(task: PlannedTask): void {
    this.tasks.push(task)
    this.#perSubtopology.set(task.subtopology, this.countOf(task.subtopology) + 1)
  }
}

function claimsByTask(members: readonly AssignorMember[], tasks: readonly PlannedTask[]): Map<string, Claims> {
  const taskOfPartition = new Map<string, string>()
  for (const task of tasks) for (const tp of task.partitions) taskOfPartition.set(partitionKey(tp), task.id)
  const claimants = new Map<string, AssignorMember[]>(tasks.map(({ id }) => [id, []]))
  for (const member of members) {
    const owned = new Set(member.ownedTasks)
    for (const tp of member.ownedPartitions ?? []) {
      const task = taskOfPartition.get(partitionKey(tp))
      if (task !== undefined) owned.add(task)
    }
    for (const task of owned) claimants.get(task)?.push(member)
  }
  return new Map(
    [...claimants].map(([task, claiming]) => [
      task,
      { claimants: new Set(claiming.map(({ memberId }) => memberId)), owner: newestClaimant(claiming) }
    ])
  )
}

function newestClaimant(claiming: readonly AssignorMember[]): string | undefined {
  const newest = Math.max(...claiming.map(({ generationId }) => generationId))
  const [owner, another] = claiming.filter(({ generationId }) => generationId === newest)
  return another === undefined ? owner?.memberId : undefined
}

/** Owners keep what balance allows: those with most first, since they are the ones to keep one more than the others. */
function keepOwned(board: Board, claims: ReadonlyMap<string, Claims>): void {
  const owned = new Map<Seat, PlannedTask[]>(board.seats.map(seat => [seat, []]))
  for (const task of board.tasks) {
    const owner = claims.get(task.id)?.owner
    if (owner !== undefined) owned.get(board.seat(owner)!)!.push(task)
  }
  const wanted = lackOfEach(board, [...owned.values()])
  const ownersFirst = [...owned].sort(([, a], [, b]) => b.length - a.length)
  for (const [seat, tasks] of ownersFirst) {
    while (tasks.length > board.room(seat)) {
      const given = mostDispensable(tasks, seat, { wanted, board })
      tasks.splice(tasks.lastIndexOf(given), 1)
      wanted.set(given.subtopology, wanted.get(given.subtopology)! - 1)
    }
    for (const task of tasks) board.place(task, seat)
  }
}

/** By subtopology, how many of its tasks those with too few tasks lack to their even share, less those nobody owns. */
function lackOfEach(board: Board, owned: readonly (readonly PlannedTask[])[]): Map<number, number> {
  const lack = new Map<number, number>()
  for (const subtopology of new Set(board.tasks.map(task => task.subtopology))) {
    const counts = owned.map(tasks => tasks.filter(task => task.subtopology === subtopology).length)
    const share = board.share(subtopology)
    const unowned = share * counts.length - counts.reduce((sum, count) => sum + count, 0)
    const lacking = counts.map((count, i) => (owned[i]!.length < board.base ? Math.max(0, share - count) : 0))
    lack.set(subtopology, lacking.reduce((sum, count) => sum + count, 0) - unowned)
  }
  return lack
}

/** Of the subtopology that this member has too much of and others too little; of those, whose state others have most of. */
function mostDispensable(
  tasks: readonly PlannedTask[],
  owner: Seat,
  { wanted, board }: { readonly wanted: ReadonlyMap<number, number>; readonly board: Board }
): PlannedTask {
  const counts = new Map<number, number>()
  for (const { subtopology } of tasks) counts.set(subtopology, (counts.get(subtopology) ?? 0) + 1)
  const score = ({ subtopology }: PlannedTask) =>
    counts.get(subtopology)! - board.share(subtopology) + wanted.get(subtopology)!
  const elsewhere = ({ id }: PlannedTask) =>
    Math.max(0, ...board.seats.map(seat => (seat === owner ? 0 : (seat.member.taskOffsets.get(id) ?? 0))))
  return tasks.reduce((best, task) => {
    const better = score(task) - score(best) || elsewhere(task) - elsewhere(best)
    return better >= 0 ? task : best
  })
}

/** Tasks nobody owns go where their stores are, within the subtopology's even share. */
function placeWhereStateIs(board: Board): void {
  for (const task of [...board.unplaced.values()]) {
    const limit = Math.ceil(board.share(task.subtopology))
    let best: Seat | undefined
    let bestOffset = 0
    for (const seat of board.seats) {
      const offset = seat.member.taskOffsets.get(task.id) ?? 0
      if (offset <= bestOffset || board.room(seat) <= 0 || seat.countOf(task.subtopology) >= limit) continue
      best = seat
      bestOffset = offset
    }
    if (best !== undefined) board.place(task, best)
  }
}

/** The rest goes to whoever has least of the subtopology, and among those to whoever has least. */
function placeEvenly(board: Board): void {
  for (const task of [...board.unplaced.values()]) {
    let best: Seat | undefined
    for (const seat of board.seats) {
      if (board.room(seat) <= 0) continue
      const fewer = best === undefined ? -1 : seat.countOf(task.subtopology) - best.countOf(task.subtopology)
      if (fewer < 0 || (fewer === 0 && seat.count < best!.count)) best = seat
    }
    board.place(task, best!)
  }
}

function handOver(board: Board, claims: ReadonlyMap<string, Claims>): Map<string, MemberTasks> {
  const assignment = new Map<string, MemberTasks>()
  for (const seat of board.seats) {
    const { memberId } = seat.member
    const given = seat.tasks
      .filter(({ id }) => mayHave(memberId, claims.get(id)!))
      .sort((a, b) => a.subtopology - b.subtopology || a.partition - b.partition)
    assignment.set(memberId, {
      activeTasks: given.map(({ id }) => id),
      standbyTasks: [],
      partitions: given.flatMap(({ partitions }) => partitions)
    })
  }
  return assignment
}

/** Its owner goes on; anybody else waits until no living member may be running it. */
function mayHave(memberId: string, { claimants, owner }: Claims): boolean {
  return owner === memberId || claimants.size === 0
}

function parseTaskId(id: string): { subtopology: number; partition: number } {
  const [subtopology, partition] = id.split('_')
  return { subtopology: Number(subtopology), partition: Number(partition) }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
