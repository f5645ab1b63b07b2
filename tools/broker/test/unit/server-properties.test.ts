import { expect } from 'chai'
import { serverProperties } from '../../dist/server-properties.js'

const THREE = [1, 2, 3].map(i => ({ client: 9000 + i, controller: 9100 + i }))

describe('serverProperties', () => {
  it('list all nodes as voters, and the own ports as listeners', () => {
    const lines = serverProperties(2, THREE, '/data').split('\n')
    expect(lines).to.include.members([
      'node.id=2',
      'controller.quorum.voters=1@127.0.0.1:9101,2@127.0.0.1:9102,3@127.0.0.1:9103',
      'listeners=PLAINTEXT://127.0.0.1:9002,CONTROLLER://127.0.0.1:9102',
      'log.dirs=/data',
      'offsets.topic.replication.factor=3',
      'min.insync.replicas=2'
    ])
  })

  it('let entries be replaced and added', () => {
    const overrides = { 'min.insync.replicas': '1', 'message.max.bytes': '5' }
    const lines = serverProperties(1, THREE, '/data', overrides).split('\n')
    expect(lines.filter(line => line.startsWith('min.insync'))).to.deep.equal(['min.insync.replicas=1'])
    expect(lines).to.include('message.max.bytes=5')
  })
})
