/** Topics: created, described, deleted, and refused. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { BrokerError } from '../broker/broker.js'
import { eventually, refused, type BrokerBench } from './broker-bench.js'

/** Rounds of a race that one of two wins. */
const RACES = 20

export function describeTopics(bench: BrokerBench): void {
  const create = (name: string, partitions: number, config: Record<string, string> = {}): Promise<void> =>
    bench.connection.createTopics([{ name, partitions, replicationFactor: -1, config }])

  describe('topics', () => {
    it('describes a created topic with all its partitions and their leaders', async () => {
      const name = await bench.topic(3)
      const topics = await bench.connection.describeTopics([name])
      expect([...topics.keys()]).to.deep.equal([name])
      const partitions = [...topics.get(name)!.partitions].sort((a, b) => a.partition - b.partition)
      expect(partitions.map(({ partition }) => partition)).to.deep.equal([0, 1, 2])
      for (const { leader } of partitions) expect(leader).to.be.a('number')
    })

    it('leaves a topic that does not exist out of the description', async () => {
      const name = await bench.topic()
      const topics = await bench.connection.describeTopics([bench.uniqueName('absent'), name])
      expect([...topics.keys()]).to.deep.equal([name])
    })

    it('lists the topics that exist, without those of the broker itself', async () => {
      const [first, second] = [await bench.topic(), await bench.topic(2)]
      await bench.connection.fetchOffsets(bench.uniqueName('group'))
      const names = await bench.connection.listTopics()
      expect(names).to.include.members([first, second])
      expect(names.filter(name => name.startsWith('__'))).to.deep.equal([])
      await bench.connection.deleteTopics([first])
      await eventually(async () => expect(await bench.connection.listTopics()).to.not.include(first))
    })

    it('does not create a topic by asking for it', async () => {
      const name = bench.uniqueName('absent')
      await bench.connection.describeTopics([name])
      expect((await bench.connection.describeTopics([name])).size).to.equal(0)
    })

    it('refuses a topic that exists', async () => {
      const name = await bench.topic()
      await refused(create(name, 1), 'TOPIC_ALREADY_EXISTS')
    })

    it('can be described whole by whoever was too late to create it', async () => {
      const rival = await bench.connect()
      for (let round = 0; round < RACES; round++) {
        const topic = { name: bench.uniqueName('raced'), partitions: 3, replicationFactor: -1, config: {} }
        const seen = await Promise.all(
          [bench.connection, rival].map(async connection => {
            const failure = await connection.createTopics([topic]).catch((error: BrokerError) => error.error)
            const described = await connection.describeTopics([topic.name])
            return { failure, leaders: described.get(topic.name)?.partitions.map(({ leader }) => typeof leader) }
          })
        )
        const whole = ['number', 'number', 'number']
        expect(seen).to.have.deep.members([
          { failure: undefined, leaders: whole },
          { failure: 'TOPIC_ALREADY_EXISTS', leaders: whole }
        ])
        await bench.connection.deleteTopics([topic.name])
      }
    })

    it('refuses a name with other characters than letters, digits, dot, underscore and hyphen', async () => {
      await refused(create('no spaces/please', 1), 'INVALID_TOPIC')
      await refused(create('x'.repeat(250), 1), 'INVALID_TOPIC')
    })

    it('refuses a topic without partitions', async () => {
      await refused(create(bench.uniqueName('empty'), 0), 'INVALID_PARTITIONS')
    })

    it('refuses a setting that no topic has, and a value that does not fit', async () => {
      await refused(create(bench.uniqueName('config'), 1, { 'no.such.setting': '1' }), 'INVALID_CONFIG')
      await refused(create(bench.uniqueName('config'), 1, { 'cleanup.policy': 'shred' }), 'INVALID_CONFIG')
      await refused(create(bench.uniqueName('config'), 1, { 'retention.ms': 'soon' }), 'INVALID_CONFIG')
    })

    it('deletes a topic', async () => {
      const name = await bench.topic()
      await bench.connection.deleteTopics([name])
      await eventually(async () => expect((await bench.connection.describeTopics([name])).size).to.equal(0))
    })

    it('begins anew under the name of a deleted topic', async () => {
      const name = await bench.topic()
      await bench.append({ topic: name, partition: 0 }, ['old'])
      await bench.connection.deleteTopics([name])
      await eventually(() => create(name, 1))
      const ends = await eventually(() => bench.connection.listOffsets([{ topic: name, partition: 0 }], 'latest'))
      expect(ends[0]!.offset).to.equal(0)
    })

    it('refuses to delete a topic that does not exist', async () => {
      await refused(bench.connection.deleteTopics([bench.uniqueName('absent')]), 'UNKNOWN_TOPIC_OR_PARTITION')
    })
  })
}
