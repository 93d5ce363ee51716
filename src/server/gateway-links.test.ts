import { describe, expect, test } from 'bun:test'
import type { FakeLink } from '../../test/support/fake-link.ts'
import { FakeServer } from '../../test/support/fake-server.ts'

function bind(server: FakeServer, link: FakeLink, member: string): void {
  server.gatewayLinks.bind(link.data.clientId!, member, server.at)
}

describe('without a member', () => {
  test('a link has 20 hex digits of its own and is no member', () => {
    const server = new FakeServer('gateway')
    const [a, b] = [server.connect(), server.connect()]
    a.say('test msg\n')
    expect(a.data.clientId).toMatch(/^[0-9a-f]{20}$/)
    expect(a.data.clientId).not.toBe(b.data.clientId)
    expect(server.ids()).toEqual([])
    expect(a.sent).toEqual([])
  })

  test('until its first text only text is evidence; then pongs are too', () => {
    const server = new FakeServer('gateway')
    const [mute, spoke] = [server.connect(), server.connect()]
    spoke.say('')
    for (let i = 0; i < 4; i++) {
      server.advance(5_000)
      for (const link of [mute, spoke]) {
        link.control()
        link.binary()
      }
    }
    expect([mute.ended, spoke.ended]).toEqual([1006, null])
    server.advance(15_200)
    expect(spoke.ended).toBe(1006)
  })

  test('limit 0: silence never ends it, spoken or not', () => {
    const server = new FakeServer('gateway', { listener: { pingNotResponseLimit: 0 } })
    const [mute, spoke] = [server.connect(), server.connect()]
    spoke.say('x')
    bind(server, spoke, '7')
    server.advance(3_600_000)
    expect([mute.ended, spoke.ended]).toEqual([null, null])
    expect(server.state('7')).toBe('online')
  })
})

describe('pingData', () => {
  test('goes to a link silent for pingInterval, again each interval, until the limit', () => {
    const server = new FakeServer('gateway', {
      listener: { pingData: '{"type":"ping"}', pingNotResponseLimit: 3 },
    })
    const link = server.connect()
    link.say('x')
    server.advance(5_000)
    link.say('x')
    server.advance(14_800)
    expect(link.sent).toEqual([])
    server.advance(400)
    expect(link.sent).toEqual(['{"type":"ping"}'])
    server.advance(15_000)
    expect(link.sent.length).toBe(2)
    server.advance(15_000)
    expect(link.ended).toBe(1006)
  })

  test('is not sent where none is set', () => {
    const server = new FakeServer('gateway')
    const link = server.connect()
    server.advance(10_000)
    expect([link.pinged, link.sent]).toEqual([1, []])
  })
})

describe('bind', () => {
  test('makes a member of the link; silence ends both', () => {
    const server = new FakeServer('gateway')
    const link = server.connect()
    link.say('x')
    bind(server, link, '7')
    bind(server, link, '7')
    expect(server.story('7')).toEqual(['join'])
    server.advance(15_200)
    expect(server.story('7')).toEqual(['join', 'leave lost'])
    expect(link.ended).toBe(1006)
  })

  test('is no sign of life', () => {
    const server = new FakeServer('gateway')
    const link = server.connect()
    link.say('x')
    server.advance(14_000)
    bind(server, link, '7')
    server.advance(1_200)
    expect(server.state('7')).toBe('offline')
  })

  test('before the first text, still only text is evidence, also after unbind', () => {
    for (const undo of [false, true]) {
      const server = new FakeServer('gateway')
      const link = server.connect()
      bind(server, link, '7')
      if (undo) server.gatewayLinks.unbind(link.data.clientId!, server.at)
      for (let i = 0; i < 4; i++) {
        server.advance(4_000)
        link.control()
      }
      expect(link.ended).toBe(1006)
    }
  })

  test('before the first text: the text then frees pongs, with member terms', () => {
    const server = new FakeServer('gateway')
    const link = server.connect()
    bind(server, link, '7')
    link.say('x')
    expect(link.data.session?.terms).toBe(server.port.published.gateway.member)
    for (let i = 0; i < 10; i++) {
      server.advance(5_000)
      link.control()
    }
    expect(server.story('7')).toEqual(['join'])
  })

  test('to another member, and unbind, end as left; the link stays', () => {
    const server = new FakeServer('gateway')
    const link = server.connect()
    link.say('x')
    bind(server, link, '7')
    bind(server, link, '8')
    server.gatewayLinks.unbind(link.data.clientId!, server.at)
    server.gatewayLinks.unbind(link.data.clientId!, server.at)
    expect([server.story('7'), server.story('8')]).toEqual([
      ['join', 'leave left'],
      ['join', 'leave left'],
    ])
    expect(link.ended).toBeNull()
    expect(server.board.detector.table.size).toBe(1)
  })

  test('links with one member all count, and a broken one has 3 s', () => {
    const server = new FakeServer('gateway')
    const links = [server.connect(), server.connect()]
    for (const link of links) {
      link.say('x')
      bind(server, link, '7')
    }
    links[0]!.drop()
    links[1]!.drop()
    server.advance(2_900)
    expect(server.state('7')).toBe('suspect')
    server.advance(300)
    expect(server.state('7')).toBe('offline')
  })

  test('refuses what is no id and whom it does not know', () => {
    const server = new FakeServer('gateway')
    const link = server.connect()
    expect(() => bind(server, link, '')).toThrow('is no id: empty')
    expect(() => server.gatewayLinks.bind('nobody', '7', server.at)).toThrow('no open gateway connection')
    link.say('x')
    server.at += 15_000
    server.board.apply({ type: 'tick' }, server.at)
    // cut, though its end is still on the way
    expect(link.ended).toBe(1006)
    expect(() => bind(server, link, '7')).toThrow('no open gateway connection')
    link.settle()
    expect(() => server.gatewayLinks.unbind(link.data.clientId!, server.at)).toThrow('no open gateway')
    expect(server.ids()).toEqual([])
  })
})
