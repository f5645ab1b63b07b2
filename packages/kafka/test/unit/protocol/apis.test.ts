import { expect } from 'chai'
import fc from 'fast-check'
import { apiVersions } from '../../../dist/protocol/api-versions.js'
import type { Api } from '../../../dist/protocol/api.js'
import { createTopics } from '../../../dist/protocol/create-topics.js'
import { deleteRecords } from '../../../dist/protocol/delete-records.js'
import { deleteTopics } from '../../../dist/protocol/delete-topics.js'
import { fetch } from '../../../dist/protocol/fetch.js'
import { findCoordinator } from '../../../dist/protocol/find-coordinator.js'
import { heartbeat } from '../../../dist/protocol/heartbeat.js'
import { initProducerId } from '../../../dist/protocol/init-producer-id.js'
import { joinGroup } from '../../../dist/protocol/join-group.js'
import { leaveGroup } from '../../../dist/protocol/leave-group.js'
import { listOffsets } from '../../../dist/protocol/list-offsets.js'
import { metadata } from '../../../dist/protocol/metadata.js'
import { offsetCommit } from '../../../dist/protocol/offset-commit.js'
import { offsetFetch } from '../../../dist/protocol/offset-fetch.js'
import { produce } from '../../../dist/protocol/produce.js'
import { syncGroup } from '../../../dist/protocol/sync-group.js'
import { reader, written } from '../../support/bytes.js'

function request<Request>(api: Api<Request, unknown>, value: Request): string {
  return written(w => api.encode(value, w)).toString('hex')
}

describe('requests', () => {
  // Field by field after Kafka's message definitions; strings and arrays count from 1, 0 is null.
  it('of Metadata ask for topics and create none', () => {
    expect(request(metadata, { topics: ['ab'] })).to.equal('02' + '036162' + '00' + '000000' + '00')
    expect(request(metadata, {})).to.equal('00' + '000000' + '00')
  })

  it('of InitProducerId ask for a new identity without transactions', () => {
    expect(request(initProducerId, {})).to.equal('00' + 'ffffffff' + 'ffffffffffffffff' + 'ffff' + '00')
  })

  it('of Heartbeat carry the static member id, or null', () => {
    const membership = { groupId: 'g', generationId: 5, memberId: 'm' }
    expect(request(heartbeat, membership)).to.equal('0267' + '00000005' + '026d' + '00' + '00')
    expect(request(heartbeat, { ...membership, groupInstanceId: 'i' })).to.equal(
      '0267' + '00000005' + '026d' + '0269' + '00'
    )
  })

  it('of Produce gather partitions under their topics and want all in-sync replicas', () => {
    const batches = [
      { topic: 'a', partition: 1, records: Buffer.from('x') },
      { topic: 'b', partition: 0, records: Buffer.from('y') },
      { topic: 'a', partition: 2, records: Buffer.from('z') }
    ]
    const a = '0261' + '03' + '00000001' + '0278' + '00' + '00000002' + '027a' + '00' + '00'
    const b = '0262' + '02' + '00000000' + '0279' + '00' + '00'
    expect(request(produce, { batches, timeoutMs: 1000 })).to.equal('00' + 'ffff' + '000003e8' + '03' + a + b + '00')
  })

  it('of ListOffsets turn positions into isolation and timestamp', () => {
    const partitions = [{ topic: 'a', partition: 3 }]
    const rest = (timestamp: string): string =>
      '02' + '0261' + '02' + '00000003' + 'ffffffff' + timestamp + '00' + '00' + '00'
    expect(request(listOffsets, { partitions, position: 'earliest' })).to.equal(
      'ffffffff' + '00' + rest('fffffffffffffffe')
    )
    expect(request(listOffsets, { partitions, position: 'latest' })).to.equal(
      'ffffffff' + '00' + rest('ffffffffffffffff')
    )
    expect(request(listOffsets, { partitions, position: 'stable' })).to.equal(
      'ffffffff' + '01' + rest('ffffffffffffffff')
    )
  })

  it('of OffsetFetch want stable offsets', () => {
    const partitions = [{ topic: 'a', partition: 3 }]
    expect(request(offsetFetch, { groupId: 'g', partitions })).to.equal(
      '0267' + '02' + '0261' + '02' + '00000003' + '00' + '01' + '00'
    )
    expect(request(offsetFetch, { groupId: 'g' })).to.equal('0267' + '00' + '01' + '00')
  })
})

describe('responses', () => {
  it('of Fetch keep the data of other partitions beside an error, and the aborted transactions', () => {
    const response = written(w => {
      w.int32(0).int16(0).int32(0)
      w.array(['t'], topic => {
        w.string(topic)
        w.array([0, 1], partition => {
          w.int32(partition).int16(partition === 0 ? 0 : 1)
          w.int64(partition === 0 ? 9 : -1)
            .int64(partition === 0 ? 7 : -1)
            .int64(partition === 0 ? 2 : -1)
          w.array(partition === 0 ? [4n] : [], id => w.bigInt64(id).int64(5).noTags())
          w.int32(-1)
            .bytes(Buffer.from(partition === 0 ? 'records' : ''))
            .noTags()
        })
        w.noTags()
      })
      w.noTags()
    })
    const { partitions } = fetch.decode(reader(response))
    expect(partitions.map(each => [each.partition, each.errorCode, each.records.toString()])).to.deep.equal([
      [0, 0, 'records'],
      [1, 1, '']
    ])
    expect(partitions[0]).to.include({ highWatermark: 9, lastStableOffset: 7, logStartOffset: 2 })
    expect(partitions[0]!.aborted).to.deep.equal([{ producerId: 4n, firstOffset: 5 }])
  })

  it('of Produce give the reason of the first record that was refused', () => {
    const response = written(w => {
      w.array(['t'], topic => {
        w.string(topic)
        w.array([3], partition => {
          w.int32(partition).int16(87).int64(-1).int64(-1).int64(-1)
          w.array(['no key'], why => w.int32(0).nullableString(why).noTags())
          w.nullableString(undefined).noTags()
        })
        w.noTags()
      })
      w.int32(12).noTags()
    })
    const { throttleMs, partitions } = produce.decode(reader(response))
    expect(throttleMs).to.equal(12)
    expect(partitions).to.deep.equal([
      { topic: 't', partition: 3, errorCode: 87, baseOffset: -1, errorMessage: 'no key' }
    ])
  })

  it('of LeaveGroup tell the error of the member when the group has none', () => {
    const response = written(w => {
      w.int32(0).int16(0)
      w.array(['m'], member => w.string(member).nullableString(undefined).int16(25).noTags())
      w.noTags()
    })
    expect(leaveGroup.decode(reader(response)).errorCode).to.equal(25)
  })

  it('of JoinGroup give the member id that an error comes with', () => {
    const response = written(w => {
      w.int32(0).int16(79).int32(-1).nullableString(undefined).nullableString(undefined).string('').string('given')
      w.array([], () => {}).noTags()
    })
    expect(joinGroup.decode(reader(response))).to.include({ errorCode: 79, memberId: 'given' })
  })

  const decoders: readonly [name: string, decode: (bytes: Buffer) => unknown][] = [
    apiVersions,
    createTopics,
    deleteRecords,
    deleteTopics,
    fetch,
    findCoordinator,
    heartbeat,
    initProducerId,
    joinGroup,
    leaveGroup,
    listOffsets,
    metadata,
    offsetCommit,
    offsetFetch,
    produce,
    syncGroup
  ].map(api => [api.name, bytes => api.decode(reader(bytes))])

  for (const [name, decode] of decoders) {
    it(`of ${name} that are random bytes are decoded or refused with BROKER_CORRUPT_MESSAGE, nothing else`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
          try {
            decode(Buffer.from(bytes))
          } catch (error) {
            expect(error).to.have.property('code', 'BROKER_CORRUPT_MESSAGE')
          }
        }),
        { numRuns: 300 }
      )
    })
  }
})
