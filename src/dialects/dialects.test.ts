import { describe, expect, test } from 'bun:test'
import { FakeWire } from '../../test/support/fake-wire.ts'
import { parseObject } from '../protocol/json.ts'
import { gateway } from './gateway.ts'
import { heartbeat, heartbeatEntry } from './heartbeat.ts'
import { members } from './members.ts'
import { sniff } from './sniff.ts'
import { uid } from './uid.ts'

const set = (user_id: unknown, user_name?: unknown) => ({
  type: 'SetHeartbeat',
  user_id,
  user_name,
  timestamp: 1,
})

describe('heartbeat', () => {
  test('the first beat of an id names the connection, the next ones only beat', () => {
    const wire = new FakeWire()
    expect(wire.hear(heartbeat, set('7', 'Ana(7)'))).toEqual(['identify 7 beat {"name":"Ana(7)"}'])
    expect(wire.hear(heartbeat, set('7', 'Ana(7)'))).toEqual(['beat 7'])
    expect(wire.hear(heartbeat, set(7, 'Ana(7)'))).toEqual(['beat 7'])
    expect(wire.hear(heartbeat, set('7'))).toEqual(['beat 7'])
  })

  test('what a frame says as its token goes to whoever asks for one', () => {
    const wire = new FakeWire()
    expect(wire.hear(heartbeat, { ...set('7'), token: 'x' })).toEqual(['identify 7 beat null token x'])
    expect(wire.hear(heartbeat, { type: 'GetHeartbeat', token: 'x' })).toEqual(['list x'])
    expect(wire.hear(heartbeat, { type: 'GetHeartbeat', token: {} })).toEqual(['list'])
    expect(new FakeWire().hear(members, { action: 'open', id: '7', token: 'x' })).toEqual([
      'identify 7 {} token x',
    ])
    expect(new FakeWire().hear(members, { action: 'open', id: '7', token: '' })).toEqual(['identify 7 {}'])
  })

  test('a new name is told once', () => {
    const wire = new FakeWire()
    wire.hear(heartbeat, set('7', 'Ana'))
    expect(wire.hear(heartbeat, set('7', 'Eva'))).toEqual(['beat 7', 'update 7 {"name":"Eva"}'])
    expect(wire.hear(heartbeat, set('7', 'Eva'))).toEqual(['beat 7'])
  })

  test('a name changed while offline and changed back is told each time', () => {
    const wire = new FakeWire()
    wire.hear(heartbeat, set('7', 'Ana'))
    wire.held.clear()
    expect(wire.hear(heartbeat, set('7', 'Eva'))).toEqual(['identify 7 beat {"name":"Eva"}'])
    expect(wire.hear(heartbeat, set('7', 'Ana'))).toEqual(['beat 7', 'update 7 {"name":"Ana"}'])
  })

  test('integers beyond 2^53 stay apart, and repeat their name in silence', () => {
    const wire = new FakeWire()
    const beat = (id: string) => `{"type":"SetHeartbeat","user_id":${id},"user_name":"x"}`
    wire.hear(heartbeat, beat('9007199254740992'))
    expect(wire.hear(heartbeat, beat('9007199254740993'))).toEqual([
      'identify 9007199254740993 beat {"name":"x"}',
    ])
    expect(wire.hear(heartbeat, beat('9007199254740993'))).toEqual(['beat 9007199254740993'])
    expect(wire.hear(heartbeat, beat('9007199254740992'))).toEqual(['beat 9007199254740992'])
  })

  test('GetHeartbeat asks for the list and beats for nobody', () => {
    expect(new FakeWire().hear(heartbeat, { type: 'GetHeartbeat', user: 'admin' })).toEqual(['list'])
  })

  test('what it keeps of ids does not grow with ids that came and went', () => {
    const wire = new FakeWire()
    for (let id = 0; id < 1_000; id++) {
      if (id % 64 === 0) wire.held.clear()
      wire.hear(heartbeat, set(String(id)))
    }
    let kept = 0
    for (let known = wire.memory as { next: unknown } | null; known; known = known.next as typeof known)
      kept++
    expect(kept).toBe(wire.held.size)
  })

  const bad: [unknown, string][] = [
    ['ping', 'bad not_json ping'],
    ['{"type"', 'bad not_json {"type"'],
    [[set('7')], 'bad not_json [{"type":"SetHeartbeat","user_id":"7","timestamp":1}]'],
    [{ type: 'Nonsense' }, 'bad unknown_type {"type":"Nonsense"}'],
    [{}, 'bad unknown_type {}'],
    [set(undefined), 'bad bad_id user_id missing'],
    [set(false), 'bad bad_id user_id wrong_type'],
    [set(''), 'bad bad_id user_id empty'],
    [set('a'.repeat(257)), 'bad bad_id user_id too_long'],
    [set('a\tb'), 'bad bad_id user_id control_characters'],
    [set('\ud800'), 'bad bad_id user_id malformed'],
    [set('7', {}), 'bad bad_name user_name wrong_type'],
    [set('7', 'x'.repeat(2 ** 20)), 'bad bad_name user_name too_long'],
    [
      '{"__proto__":{"type":"SetHeartbeat","user_id":"7"}}',
      'bad unknown_type {"__proto__":{"type":"SetHeartbeat","user_id":"7"}}',
    ],
  ]
  for (const [frame, says] of bad)
    test(`makes nobody of ${JSON.stringify(frame).slice(0, 50)}`, () => {
      const wire = new FakeWire()
      expect(wire.hear(heartbeat, frame)).toEqual([says])
      expect(wire.memory).toBeNull()
    })

  test('says so when one id too many comes, and remembers nothing of it', () => {
    const wire = new FakeWire()
    wire.most = 1
    wire.hear(heartbeat, set('1'))
    const before = wire.memory
    expect(wire.hear(heartbeat, set('2'))).toEqual(['bad too_many_ids 2'])
    expect(wire.memory).toBe(before)
  })

  test('an entry of the list is JSON whatever the name', () => {
    const name = '"<b>\u2028\\'
    expect(JSON.parse(heartbeatEntry('7', name, true))).toEqual({
      user_id: '7',
      user_name: name,
      status: '在线',
    })
    expect(JSON.parse(heartbeatEntry('7', null, false))).toEqual({
      user_id: '7',
      user_name: '',
      status: '离线',
    })
  })
})

describe('members', () => {
  const open = { action: 'open', id: 7, type: 'vip', name: 'Ana', phone: 1 }
  const details = '{"name":"Ana","type":"vip","profile":{"phone":"1"}}'

  test('ping is answered before and after login', () => {
    const wire = new FakeWire()
    expect(wire.hear(members, 'ping')).toEqual(['send pong', 'beat'])
    expect(wire.hear(members, open)).toEqual([`identify 7 ${details}`])
    expect(wire.hear(members, 'ping')).toEqual(['send pong', 'beat'])
  })

  test('open again says what changed; open as another leaves first', () => {
    const wire = new FakeWire()
    wire.hear(members, open)
    expect(wire.hear(members, open)).toEqual([`update 7 ${details}`])
    expect(wire.hear(members, { action: 'open', id: '8' })).toEqual(['leave 7', 'identify 8 {}'])
  })

  test('a ping after silence ended the session is a join; after a take-over it is not', () => {
    const wire = new FakeWire()
    wire.hear(members, open)
    wire.held.clear()
    expect(wire.hear(members, 'ping')).toEqual(['send pong', 'identify 7 beat null'])
    wire.held.clear()
    wire.elsewhere.add('7')
    expect(wire.hear(members, 'ping')).toEqual(['send pong', 'beat'])
    wire.elsewhere.clear()
    expect(wire.hear(members, 'ping')).toEqual(['send pong', 'beat'])
  })

  const bad: [unknown, string][] = [
    ['PING', 'bad not_json PING'],
    [{ id: 7 }, 'bad unknown_action {"id":7}'],
    [{ action: 1 }, 'bad unknown_action {"action":1}'],
    [{ action: 'dance' }, 'bad unknown_action dance'],
    [{ action: 'open' }, 'bad bad_id id missing'],
    [{ action: 'open', id: false }, 'bad bad_id id wrong_type'],
    [{ action: 'open', id: 7, name: 'a\u0000' }, 'bad bad_name name, type or phone is not a short text'],
    [{ action: 'open', id: 7, phone: [] }, 'bad bad_name name, type or phone is not a short text'],
  ]
  for (const [frame, says] of bad)
    test(`makes nobody of ${JSON.stringify(frame)}`, () => {
      const wire = new FakeWire()
      expect(wire.hear(members, frame)).toEqual([says])
      expect(wire.memory).toBeNull()
    })

  test('a bad login leaves the one before as it was', () => {
    const wire = new FakeWire()
    wire.hear(members, open)
    wire.hear(members, { action: 'open', id: '' })
    expect([...wire.held]).toEqual(['7'])
  })
})

describe('uid', () => {
  test('the first text is the id, the same text is echoed as a beat, other text is not ours', () => {
    const wire = new FakeWire()
    expect(wire.hear(uid, '20')).toEqual(['identify 20 null'])
    expect(wire.hear(uid, '20')).toEqual(['beat', 'send 20'])
    expect(wire.hear(uid, '21')).toEqual([])
    expect([...wire.held]).toEqual(['20'])
  })

  test('a first text that is no id is bad, and the next one counts as the first', () => {
    const wire = new FakeWire()
    expect(wire.hear(uid, '')).toEqual(['bad bad_id first text empty'])
    expect(wire.hear(uid, '20\n')).toEqual(['bad bad_id first text control_characters'])
    expect(wire.hear(uid, '20')).toEqual(['identify 20 null'])
  })
})

test('gateway: any text is a beat, and the first one makes control frames count', () => {
  const wire = new FakeWire()
  expect(wire.hear(gateway, 'test msg\n')).toEqual(['trust', 'beat'])
  expect(wire.hear(gateway, '')).toEqual(['beat'])
})

describe('sniff', () => {
  const table: [string, string | null][] = [
    ['ping', 'members'],
    ['{"action":"open"}', 'members'],
    ['{"action":"x","type":"SetHeartbeat"}', 'members'],
    ['{"type":"SetHeartbeat"}', 'heartbeat'],
    ['{"type":"GetHeartbeat"}', 'heartbeat'],
    ['{"action":7,"type":"GetHeartbeat"}', 'heartbeat'],
    ['{"t":"hello"}', 'native'],
    ['{"type":"Other","t":"hello"}', 'native'],
    ['{"type":"Other"}', null],
    ['{"action":null}', null],
    ['{"t":1}', null],
    ['{}', null],
    ['[]', null],
    ['20', null],
    ['', null],
    ['PING', null],
    ['ping\n', null],
    ['{"__proto__":{"action":"open"}}', null],
  ]
  for (const [text, name] of table)
    test(`${text || '(empty)'} is ${name}`, () =>
      expect(sniff(text, parseObject(text))?.name ?? null).toBe(name as 'members'))
})
