import { describe, expect, test } from 'bun:test'
import { FakeWire } from '../../test/support/fake-wire.ts'
import { native } from './native.ts'

const INSTANCE = 'abcdefghij0123456789'
const HELLO = { t: 'hello', member: '7', instance: INSTANCE, epoch: 1 }

/** A connection that was greeted as a member. */
function member(): FakeWire {
  const wire = new FakeWire()
  wire.hear(native, HELLO)
  return wire
}

function observer(): FakeWire {
  const wire = new FakeWire()
  wire.hear(native, { t: 'hello', observer: true })
  return wire
}

/** What was sent and closed; errors as `error code re field #id`. */
function answers(wire: FakeWire, frame: unknown): string[] {
  return wire.hear(native, frame).flatMap(line => {
    if (!line.startsWith('send ')) return line.startsWith('bad ') ? [] : [line]
    const { t, code, re, field, id } = JSON.parse(line.slice(5))
    const about = [re, field, id === undefined ? undefined : `#${id}`].filter(part => part !== undefined)
    return [[t, code, ...about].filter(part => part !== undefined).join(' ')]
  })
}

describe('hello', () => {
  test('of a member', () => {
    expect(new FakeWire().hear(native, HELLO)).toEqual([`join 7 ${INSTANCE} 1 null`])
    expect(
      new FakeWire().hear(native, { ...HELLO, epoch: 0, name: 'Ana', type: 'vip', profile: { a: 1 }, x: 1 }),
    ).toEqual([`join 7 ${INSTANCE} 0 {"name":"Ana","type":"vip","profile":{"a":1}}`])
  })

  test('of an observer', () => {
    expect(new FakeWire().hear(native, { t: 'hello', observer: true })).toEqual(['observe'])
  })

  test('a token where nobody is asked for one is refused for good', () => {
    const hello = { t: 'hello', token: 'x', instance: INSTANCE, epoch: 1 }
    expect(answers(new FakeWire(), hello)).toEqual(['error auth_off hello', 'close 4510'])
  })

  test('where tokens are asked for, who says it has to prove it, whoever it is', () => {
    const asked = (hello: object) => {
      const wire = new FakeWire()
      wire.guarded = true
      return wire.hear(native, hello)
    }
    expect(asked({ ...HELLO, name: 'Ana' })).toEqual(['prove {"as":"member","member":"7"} {"name":"Ana"}'])
    expect(asked({ t: 'hello', token: 'x' })).toEqual(['prove {"as":"token","token":"x"} null'])
    expect(asked({ t: 'hello', observer: true })).toEqual(['prove {"as":"observer"} null'])
    expect(asked({ t: 'hello', observer: true, token: 'x' })).toEqual([
      'prove {"as":"observer","token":"x"} null',
    ])
    expect(asked({ ...HELLO, timing: 'nonsense' }).at(-1)).toBe('close 4511')
  })

  test('a fresh token is handed on', () => {
    const wire = member()
    wire.guarded = true
    expect(wire.hear(native, { t: 'auth', token: 'x', id: 'a' })).toEqual(['refresh x a'])
    expect(answers(wire, { t: 'auth', id: 1 })).toEqual(['error bad_field auth token #1'])
  })

  test('a group that may not be entered is forbidden, and not asked for', () => {
    const wire = member()
    wire.closed.add('g')
    expect(answers(wire, { t: 'enter', group: 'g', id: 1 })).toEqual(['error forbidden enter group #1'])
    expect(answers(wire, { t: 'enter', group: 'h', id: 2 })).toEqual(['enter h', 'ack #2'])
  })

  test('a profile may be as large as the server says', () => {
    const wire = member()
    wire.profileBytes = 10
    expect(wire.hear(native, { t: 'update', profile: { a: 1234 } })).toEqual([
      'describe {"profile":{"a":1234}}',
    ])
    expect(answers(wire, { t: 'update', profile: { a: 12345 } })).toEqual(['error too_large update profile'])
  })

  test('a timing that means nothing ends the connection', () => {
    expect(answers(new FakeWire(), { ...HELLO, timing: 'nonsense' })).toEqual([
      'error bad_field hello timing',
      'close 4511',
    ])
  })

  test('one that cannot be read ends the connection', () => {
    expect(answers(new FakeWire(), { ...HELLO, epoch: 2 ** 53 })).toEqual([
      'error bad_field hello epoch',
      'close 4511',
    ])
    expect(answers(new FakeWire(), { ...HELLO, member: '' })).toEqual([
      'error bad_id hello member',
      'close 4511',
    ])
  })

  const others: [unknown, string][] = [
    ['{"t":"beat"}', 'error hello_expected beat'],
    [{ t: 'watch', all: true, id: 5 }, 'error hello_expected watch'],
    [{ t: 'nonsense' }, 'error hello_expected nonsense'],
    ['rubbish', 'error hello_expected'],
    [{ t: 'bye' }, 'error hello_expected bye'],
  ]
  for (const [frame, says] of others)
    test(`must be first: not ${JSON.stringify(frame)}`, () =>
      expect(answers(new FakeWire(), frame)).toEqual([says, 'close 4511']))

  test('a binary frame is none either', () => {
    const wire = new FakeWire()
    native.binary!(wire)
    expect(wire.log.map(line => line.split(':')[0])).toEqual(['bad binary ', 'send {"t"', 'close 4511'])
  })

  test('comes once: another one changes nothing, whether it can be read or not', () => {
    for (const wire of [member(), observer()]) {
      expect(answers(wire, HELLO)).toEqual(['error hello_twice hello'])
      expect(answers(wire, { ...HELLO, epoch: -1 })).toEqual(['error hello_twice hello'])
    }
  })
})

describe('between hello and welcome', () => {
  const waiting = () => {
    const wire = member()
    wire.stage = 'waiting'
    return wire
  }

  test('only beat and bye are taken', () => {
    expect(answers(waiting(), '{"t":"beat"}')).toEqual(['beat', 'answer'])
    expect(answers(waiting(), { t: 'bye' })).toEqual(['bye'])
    expect(answers(waiting(), { t: 'away', id: 'a' })).toEqual(['error waiting away #a'])
    expect(answers(waiting(), { t: 'watch', all: true, id: 7 })).toEqual(['error waiting watch #7'])
    expect(answers(waiting(), HELLO)).toEqual(['error hello_twice hello'])
  })
})

describe('after it', () => {
  test('a beat is answered, however it is written', () => {
    for (const beat of ['{"t":"beat"}', '{ "t" : "beat" }', '{"t":"beat","x":1}'])
      expect(answers(member(), beat)).toEqual(['beat', 'answer'])
  })

  const done: [object, string][] = [
    [{ t: 'away' }, 'hide'],
    [{ t: 'back' }, 'show'],
    [{ t: 'status', text: 'busy' }, 'describe {"status":{"visibility":"shown","text":"busy","until":null}}'],
    [{ t: 'status' }, 'describe {"status":null}'],
    [{ t: 'update', name: 'Eva' }, 'describe {"name":"Eva"}'],
    [{ t: 'enter', group: 'g' }, 'enter g'],
    [{ t: 'exit', group: 'g' }, 'exit g'],
    [{ t: 'message', data: { a: [1] } }, 'tell {"a":[1]}'],
  ]
  for (const [message, says] of done)
    test(`${says} is acknowledged where an id is given`, () => {
      expect(answers(member(), message)).toEqual([says])
      expect(answers(member(), { ...message, id: 0 })).toEqual([says, 'ack #0'])
      expect(answers(observer(), { ...message, id: 'x' })).toEqual([
        `error not_a_member ${(message as { t: string }).t} #x`,
      ])
    })

  test('what is watched and asked is the business of the hub', () => {
    for (const wire of [member(), observer()]) {
      expect(answers(wire, { t: 'watch', all: true, id: 1 })).toEqual(['request watch'])
      expect(answers(wire, { t: 'unwatch', all: true, id: 1 })).toEqual(['request unwatch'])
      expect(answers(wire, { t: 'ask', members: ['8'], id: 1 })).toEqual(['request ask'])
    }
  })

  test('a group too many, and a message that nobody took', () => {
    const wire = member()
    wire.takes = false
    expect(answers(wire, { t: 'enter', group: 'g' })).toEqual(['enter g', 'error too_many enter group'])
    expect(wire.log).toContain('bad too_many enter')
    expect(answers(wire, { t: 'message', data: 1, id: 9 })).toEqual(['tell 1', 'error not_taken message #9'])
    expect(answers(wire, { t: 'message', data: 1 })).toEqual(['tell 1'])
  })

  test('answers that take time come when they are known; a failure ends the connection', async () => {
    const wire = member()
    wire.takes = Promise.resolve(true)
    expect(answers(wire, { t: 'enter', group: 'g', id: 1 })).toEqual(['enter g'])
    await Promise.resolve()
    expect(wire.log.at(-1)).toBe('send {"t":"ack","id":1}')
    wire.takes = Promise.reject(new Error('store'))
    answers(wire, { t: 'message', data: 1, id: 2 })
    await Promise.resolve()
    expect(wire.log.at(-1)).toBe('failed Error: store')
  })

  test('an acknowledgement is passed on, a token refused, a goodbye said', () => {
    expect(answers(member(), { t: 'ack', id: 'm1' })).toEqual(['acknowledged m1'])
    expect(answers(member(), { t: 'auth', token: 'x', id: 4 })).toEqual(['error auth_off auth #4'])
    expect(answers(observer(), { t: 'bye' })).toEqual(['bye'])
  })

  test('what is no message is refused, and the connection stays', () => {
    expect(answers(member(), 'rubbish')).toEqual(['error bad_json'])
    expect(answers(member(), '[1]')).toEqual(['error bad_json'])
    expect(answers(member(), { t: 'nonsense', id: 3 })).toEqual(['error unknown_type nonsense #3'])
  })

  test('and is counted; neither an instance nor a token comes into the log', () => {
    expect(member().hear(native, 'rubbish')[0]).toBe('bad bad_json rubbish')
    expect(member().hear(native, HELLO)[0]).toBe('bad hello_twice ')
    expect(new FakeWire().hear(native, { ...HELLO, epoch: -1 })[0]).toBe('bad bad_field hello epoch')
    expect(new FakeWire().hear(native, { ...HELLO, t: 'helo' })[0]).toBe('bad unknown_type helo')
    expect(observer().hear(native, { t: 'away' })[0]).toBe('bad not_a_member away')
  })
})
