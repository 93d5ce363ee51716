import { describe, expect, test } from 'bun:test'
import { idOf, parseObject, textOf } from './json.ts'

function idIn(text: string) {
  const object = parseObject(text)
  return object === null ? 'no object' : idOf(object, 'id', text)
}

function refused(code: string) {
  return { ok: false, code: code as 'missing' } as const
}

describe('parseObject', () => {
  for (const text of ['', 'x', '[]', '[{}]', 'null', '1', '"{}"', '{', '{"a":1}x', '\ufeff{}', '\u0000{}'])
    test(`finds none in ${JSON.stringify(text)}`, () => expect(parseObject(text)).toBeNull())
  for (const text of ['{}', ' {}', '\n{"a":1}\t'])
    test(`finds one in ${JSON.stringify(text)}`, () => expect(parseObject(text)).not.toBeNull())
})

describe('idOf', () => {
  const ids: [string, string][] = [
    ['{"id":"7"}', '7'],
    ['{"id":7}', '7'],
    ['{"id" : 7 }', '7'],
    ['{"id":0}', '0'],
    ['{"id":-5}', '-5'],
    ['{"id":9007199254740993}', '9007199254740993'],
    ['{"id":18446744073709551615}', '18446744073709551615'],
    ['{"id":1,"id":2}', '2'],
    ['{"x":{"id":3},"id":4}', '4'],
    ['{"id":4,"x":[{"id":3}]}', '4'],
    ['{"name":"\\"id\\":9","id":4}', '4'],
    ['{"name":"id","id":4,"x":"id"}', '4'],
    ['{"id":9007199254740993,"x":{"id":5}}', '9007199254740993'],
  ]
  for (const [text, id] of ids)
    test(`${text} is ${id}`, () => expect(idIn(text)).toEqual({ ok: true, value: id }))

  const none: [string, string][] = [
    ['{}', 'missing'],
    ['{"__proto__":{"id":"7"}}', 'missing'],
    ['{"constructor":1}', 'missing'],
    ['{"x\\"id":9007199254740993,"\\u0069d":9007199254740992}', 'wrong_type'],
    ['{"id":""}', 'empty'],
    ['{"id":null}', 'wrong_type'],
    ['{"id":false}', 'wrong_type'],
    ['{"id":[]}', 'wrong_type'],
    ['{"id":{"id":7}}', 'wrong_type'],
    ['{"id":7.0}', 'wrong_type'],
    ['{"id":7.5}', 'wrong_type'],
    ['{"id":1e3}', 'wrong_type'],
    ['{"id":1e400}', 'wrong_type'],
    // both are the same number once parsed: which was meant cannot be told
    ['{"id":9007199254740993,"x":{"id":9007199254740992}}', 'wrong_type'],
    [`{"id":1${'0'.repeat(300)}}`, 'too_long'],
    ['{"id":"a\\u0000"}', 'control_characters'],
    ['{"id":"\\ud800"}', 'malformed'],
  ]
  for (const [text, code] of none)
    test(`${text.slice(0, 60)} is none: ${code}`, () => expect(idIn(text)).toEqual(refused(code)))

  test('survives nesting beyond the depth of the stack', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    expect(idIn(`{"id":12,"x":${deep}}`)).toEqual({ ok: true, value: '12' })
  })

  test('does not slow down with what else stands in the frame', () => {
    const text = `{"id":12345678901234567,"x":[${'0,'.repeat(500_000)}0],"y":"${'\\"id\\": '.repeat(100_000)}"}`
    const object = parseObject(text)!
    const from = performance.now()
    expect(idOf(object, 'id', text)).toEqual({ ok: true, value: '12345678901234567' })
    // some ms; a walk over all values takes a hundred times as long
    expect(performance.now() - from).toBeLessThan(200)
  })
})

describe('textOf', () => {
  const read = (text: string) => textOf(parseObject(text)!, 'n', 8)
  test('gives text, digits of a number, nothing for nothing', () => {
    expect(read('{"n":"Ana"}')).toEqual({ ok: true, value: 'Ana' })
    expect(read('{"n":""}')).toEqual({ ok: true, value: '' })
    expect(read('{"n":12}')).toEqual({ ok: true, value: '12' })
    expect(read('{"n":null}')).toEqual({ ok: true, value: undefined })
    expect(read('{}')).toEqual({ ok: true, value: undefined })
  })
  test('refuses the rest', () => {
    for (const text of ['{"n":true}', '{"n":{}}', '{"n":[]}'])
      expect(read(text)).toEqual(refused('wrong_type'))
    expect(read('{"n":"123456789"}')).toEqual(refused('too_long'))
    expect(read('{"n":"a\\nb"}')).toEqual(refused('control_characters'))
  })
})
