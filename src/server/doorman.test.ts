import { describe, expect, test } from 'bun:test'
import { FakeServer } from '../../test/support/fake-server.ts'

describe('undecided links per address', () => {
  test('at most 100 from one address; one that speaks or goes makes room', () => {
    const server = new FakeServer('auto')
    const from = (address: string) => server.connect({ address, headers: { host: 'localhost' } })
    const links = Array.from({ length: 100 }, () => from('10.0.0.1'))
    expect(() => from('10.0.0.1')).toThrow('429')
    expect(server.count('too_many_undecided')).toBe(1)
    from('10.0.0.2')
    links[0]!.say('ping')
    links[1]!.drop()
    from('10.0.0.1')
    from('10.0.0.1')
    expect(() => from('10.0.0.1')).toThrow('429')
    // decided ones do not count twice when they go
    links[0]!.drop()
    expect(() => from('10.0.0.1')).toThrow('429')
  })

  test('no limit on loopback unless set', () => {
    const free = new FakeServer('auto')
    for (let i = 0; i < 150; i++) free.connect()
    expect(free.reception.connections.size).toBe(150)
    const bound = new FakeServer('auto', { settings: { maxUndecided: 2 } })
    bound.connect()
    bound.connect()
    expect(() => bound.connect()).toThrow('429')
  })

  test('gateway links are never undecided', () => {
    const server = new FakeServer('gateway', { settings: { maxUndecided: 1 } })
    for (let i = 0; i < 5; i++) server.connect()
    expect(server.reception.connections.size).toBe(5)
  })

  test('those cut for their silence make room', () => {
    const server = new FakeServer('auto', { settings: { maxUndecided: 1 } })
    server.connect()
    server.advance(90_200)
    server.connect()
    expect(server.reception.connections.size).toBe(1)
  })
})

test('a host or origin that may not pass is a 403 that names the option, counted, and makes no connection', () => {
  const server = new FakeServer('auto')
  expect(() => server.connect({ headers: { host: 'example.org' } })).toThrow(/^403 .*--open/)
  expect(() => server.connect({ headers: { host: 'localhost', origin: 'null' } })).toThrow(/^403 .*--origin/)
  expect(server.count('refused')).toBe(2)
  expect(server.reception.connections.size).toBe(0)
  const published = new FakeServer('auto', { settings: { origins: ['null'] } })
  published.connect({ headers: { host: 'localhost', origin: 'null' } })
})

test('the subprotocol is chosen only where native may be spoken', () => {
  const chosen = (dialect: 'auto' | 'native' | 'uid') =>
    new FakeServer(dialect).connect({ protocols: ['a', 'systole.v1'] }).protocol
  expect([chosen('auto'), chosen('native'), chosen('uid')]).toEqual(['systole.v1', 'systole.v1', ''])
  expect(new FakeServer('auto').connect({ protocols: ['a'] }).protocol).toBe('')
})
