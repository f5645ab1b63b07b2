/** The group's state machine under a clock that the test moves. */
import { expect } from 'chai'
import { BrokerError, type JoinGroupReply, type JoinGroupRequest } from '../../../dist/broker/broker.js'
import { ConsumerGroup } from '../../../dist/embedded/consumer-group.js'
import { ManualClock, settle } from '../../support/manual-clock.js'

const SESSION_MS = 10_000
const REBALANCE_MS = 30_000

type Outcome<T> = { value?: T; error?: string }

class Scene {
  readonly clock = new ManualClock()
  readonly group: ConsumerGroup
  #ids = 0

  constructor(initialRebalanceDelayMs = 0) {
    this.group = new ConsumerGroup(
      { groupId: 'g', initialRebalanceDelayMs },
      {
        clock: this.clock,
        newMemberId: prefix => `${prefix}-${++this.#ids}`
      }
    )
  }

  /** What the call came to; an empty outcome while it waits. */
  join(memberId: string, changes: Partial<JoinGroupRequest> = {}): Outcome<JoinGroupReply> {
    return this.#start((resolve, reject) =>
      this.group.join(
        {
          groupId: 'g',
          memberId,
          sessionTimeoutMs: SESSION_MS,
          rebalanceTimeoutMs: REBALANCE_MS,
          protocolType: 'consumer',
          protocols: [{ name: 'p', metadata: Buffer.from('m') }],
          ...changes
        },
        'client',
        { resolve, reject }
      )
    )
  }

  sync(memberId: string, generationId: number, assignments: Record<string, string> = {}): Outcome<Buffer> {
    return this.#start((resolve, reject) =>
      this.group.sync(
        {
          groupId: 'g',
          memberId,
          generationId,
          assignments: Object.entries(assignments).map(([id, text]) => ({
            memberId: id,
            assignment: Buffer.from(text)
          }))
        },
        { resolve, reject }
      )
    )
  }

  heartbeat(memberId: string, generationId: number): string | undefined {
    return this.#refusal(() => this.group.heartbeat({ groupId: 'g', memberId, generationId }))
  }

  commit(memberId: string, generationId: number): string | undefined {
    return this.#refusal(() => this.group.checkCommit({ groupId: 'g', memberId, generationId }))
  }

  leave(memberId: string): string | undefined {
    return this.#refusal(() => this.group.leave({ groupId: 'g', memberId, generationId: this.group.generationId }))
  }

  newId(): string {
    expect(this.join('').error).to.equal('MEMBER_ID_REQUIRED')
    return `client-${this.#ids}`
  }

  /** Members that all joined and have their assignments. */
  stable(count: number): string[] {
    const ids = Array.from({ length: count }, () => this.newId())
    const joins = ids.map(id => this.join(id))
    for (const join of joins) expect(join.value, 'joined').to.not.equal(undefined)
    for (const id of ids.slice(1)) this.sync(id, this.group.generationId)
    this.sync(ids[0]!, this.group.generationId, Object.fromEntries(ids.map(id => [id, `for ${id}`])))
    expect(this.group.phase).to.equal('stable')
    return ids
  }

  /** Time passes while these members send heartbeats. */
  async pass(ms: number, alive: readonly string[]): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1000) {
      await this.clock.advance(1000)
      for (const id of alive) this.heartbeat(id, this.group.generationId)
    }
  }

  #start<T>(call: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Outcome<T> {
    const outcome: Outcome<T> = {}
    const reject = (error: Error): void => {
      outcome.error = (error as BrokerError).error
    }
    try {
      call(value => {
        outcome.value = value
      }, reject)
    } catch (error) {
      reject(error as Error)
    }
    return outcome
  }

  #refusal(call: () => void): string | undefined {
    try {
      call()
      return undefined
    } catch (error) {
      return (error as BrokerError).error
    }
  }
}

describe('consumer group', () => {
  it('waits for members that were given an id, so that they join one generation together', () => {
    const scene = new Scene()
    const [a, b] = [scene.newId(), scene.newId()]
    const first = scene.join(a)
    expect(first).to.deep.equal({})
    const second = scene.join(b)
    expect([first.value?.generationId, second.value?.generationId]).to.deep.equal([1, 1])
    expect(first.value?.leaderId).to.equal(a)
    expect(first.value?.members.map(({ memberId }) => memberId)).to.deep.equal([a, b])
    expect(second.value?.members).to.deep.equal([])
  })

  it('does not wait longer than its session for an id that nobody uses', async () => {
    const scene = new Scene()
    const a = scene.newId()
    scene.newId()
    const join = scene.join(a)
    await scene.clock.advance(SESSION_MS - 1)
    expect(join).to.deep.equal({})
    await scene.clock.advance(1)
    expect(join.value?.members.map(({ memberId }) => memberId)).to.deep.equal([a])
  })

  it('waits the initial delay for more members', async () => {
    const scene = new Scene(500)
    const join = scene.join(scene.newId())
    await scene.clock.advance(499)
    expect(join).to.deep.equal({})
    await scene.clock.advance(1)
    expect(join.value?.generationId).to.equal(1)
  })

  it('gives a follower its assignment when the leader comes, and at once when it asks again', () => {
    const scene = new Scene()
    const [a, b] = [scene.newId(), scene.newId()]
    scene.join(a)
    scene.join(b)
    const follower = scene.sync(b, 1)
    expect(follower).to.deep.equal({})
    const leader = scene.sync(a, 1, { [a]: 'one', [b]: 'two' })
    expect([leader.value?.toString(), follower.value?.toString()]).to.deep.equal(['one', 'two'])
    expect(scene.sync(b, 1).value?.toString()).to.equal('two')
  })

  it('gives a member the leader forgot an empty assignment', () => {
    const scene = new Scene()
    const [a, b] = [scene.newId(), scene.newId()]
    scene.join(a)
    scene.join(b)
    const follower = scene.sync(b, 1)
    scene.sync(a, 1, { [a]: 'one' })
    expect(follower.value?.length).to.equal(0)
  })

  it('answers heartbeats by phase', () => {
    const scene = new Scene()
    const [a] = scene.stable(1) as [string]
    expect(scene.heartbeat(a, 1)).to.equal(undefined)
    expect(scene.heartbeat(a, 2)).to.equal('ILLEGAL_GENERATION')
    expect(scene.heartbeat('x', 1)).to.equal('UNKNOWN_MEMBER_ID')
    const b = scene.newId()
    scene.join(b)
    expect(scene.heartbeat(a, 1), 'preparing').to.equal('REBALANCE_IN_PROGRESS')
    scene.join(a)
    expect(scene.heartbeat(a, 2), 'completing').to.equal(undefined)
  })

  it('takes commits but while the leader assigns', () => {
    const scene = new Scene()
    expect(scene.commit('', -1), 'empty').to.equal(undefined)
    const [a] = scene.stable(1) as [string]
    expect(scene.commit(a, 1)).to.equal(undefined)
    expect(scene.commit('', -1)).to.equal('UNKNOWN_MEMBER_ID')
    expect(scene.commit(a, 0)).to.equal('ILLEGAL_GENERATION')
    scene.join(scene.newId())
    expect(scene.commit(a, 1), 'preparing').to.equal(undefined)
    scene.join(a)
    expect(scene.commit(a, 2), 'completing').to.equal('REBALANCE_IN_PROGRESS')
  })

  it('goes on without members that do not come to a rebalance', async () => {
    const scene = new Scene()
    const [a, b] = scene.stable(2) as [string, string]
    const c = scene.newId()
    const join = scene.join(c)
    scene.join(a)
    await scene.pass(REBALANCE_MS, [a, b])
    expect(join.value?.generationId).to.equal(2)
    expect(scene.heartbeat(b, 2)).to.equal('UNKNOWN_MEMBER_ID')
    expect(scene.heartbeat(a, 2)).to.equal(undefined)
  })

  it('drops a member that says nothing for its session, and rebalances', async () => {
    const scene = new Scene()
    const [a, b] = scene.stable(2) as [string, string]
    await scene.pass(SESSION_MS + 1000, [a])
    expect(scene.heartbeat(a, 1)).to.equal('REBALANCE_IN_PROGRESS')
    expect(scene.heartbeat(b, 1)).to.equal('UNKNOWN_MEMBER_ID')
    expect(scene.join(a).value?.generationId).to.equal(2)
  })

  it('does not expire a member whose join waits here', async () => {
    const scene = new Scene()
    const [a, b] = scene.stable(2) as [string, string]
    const rejoin = scene.join(a)
    await scene.pass(SESSION_MS * 2, [b])
    expect(rejoin).to.deep.equal({})
    scene.join(b)
    expect(rejoin.value?.generationId).to.equal(2)
  })

  it('drops members that joined but never ask for their assignment', async () => {
    const scene = new Scene()
    const [a, b] = [scene.newId(), scene.newId()]
    scene.join(a)
    scene.join(b)
    const follower = scene.sync(b, 1)
    await scene.pass(REBALANCE_MS, [a, b])
    expect(follower.error).to.equal('REBALANCE_IN_PROGRESS')
    expect(scene.heartbeat(a, 1)).to.equal('UNKNOWN_MEMBER_ID')
    expect(scene.join(b).value?.leaderId).to.equal(b)
  })

  it('is empty after the last member left, and begins again with the next generation', () => {
    const scene = new Scene()
    const [a] = scene.stable(1) as [string]
    expect(scene.leave(a)).to.equal(undefined)
    expect(scene.group.phase).to.equal('empty')
    expect(scene.leave(a)).to.equal('UNKNOWN_MEMBER_ID')
    expect(scene.join(scene.newId()).value?.generationId).to.equal(3)
  })

  it('takes a new leader when the old one left', () => {
    const scene = new Scene()
    const [a, b] = scene.stable(2) as [string, string]
    scene.leave(a)
    const reply = scene.join(b).value
    expect(reply?.leaderId).to.equal(b)
    expect(reply?.members.map(({ memberId }) => memberId)).to.deep.equal([b])
  })

  it('lets a follower that changed nothing rejoin without a rebalance, but not one that did', () => {
    const scene = new Scene()
    const [, b] = scene.stable(2) as [string, string]
    expect(scene.join(b).value?.generationId).to.equal(1)
    expect(scene.group.phase).to.equal('stable')
    scene.join(b, { protocols: [{ name: 'p', metadata: Buffer.from('other') }] })
    expect(scene.group.phase).to.equal('preparing')
  })

  it('takes the protocol that most members put first', () => {
    const scene = new Scene()
    const offer = (...names: string[]): Partial<JoinGroupRequest> => ({
      protocols: names.map(name => ({ name, metadata: Buffer.from(name) }))
    })
    const offers = [offer('a', 'b'), offer('b', 'a'), offer('only-mine', 'b', 'a')]
    const ids = offers
      .map(each => {
        expect(scene.join('', each).error).to.equal('MEMBER_ID_REQUIRED')
        return each
      })
      .map((_, i) => `client-${i + 1}`)
    const joins = ids.map((id, i) => scene.join(id, offers[i]))
    expect(joins.map(join => join.value?.protocol)).to.deep.equal(['b', 'b', 'b'])
    expect(joins[0]!.value?.members.map(member => member.metadata.toString())).to.deep.equal(['b', 'b', 'b'])
  })

  it('lets a static member take its place again, also as the leader, without a rebalance', () => {
    const scene = new Scene()
    const first = scene.join('', { groupInstanceId: 'i' })
    const old = first.value!.memberId
    scene.sync(old, 1, { [old]: 'mine' })
    const again = scene.join('', { groupInstanceId: 'i' })
    const memberId = again.value!.memberId
    expect(again.value).to.include({ generationId: 1, leaderId: old })
    expect(memberId).to.not.equal(old)
    expect(scene.sync(memberId, 1).value?.toString()).to.equal('mine')
    expect(scene.join(old, { groupInstanceId: 'i' }).error).to.equal('FENCED_INSTANCE_ID')
  })

  it('answers all that wait when it is closed, and leaves no timer behind', async () => {
    const scene = new Scene()
    const [a, b] = [scene.newId(), scene.newId()]
    scene.join(a)
    scene.join(b)
    const waiting = scene.sync(b, 1)
    scene.group.close(new BrokerError('CLOSED', 'closed'))
    expect(waiting.error).to.equal('CLOSED')
    await scene.clock.advance(REBALANCE_MS * 2)
    await settle()
    expect(scene.group.phase).to.equal('completing')
  })
})
