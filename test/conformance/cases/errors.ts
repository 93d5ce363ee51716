// Bad input on a connection that was welcomed: an error that names the fault, and nothing else happens.

import { type Case, must, mustBe, Skipped } from '../case.ts'
import type { Stage } from '../stage.ts'
import type { Visitor } from '../visitor.ts'

async function errorFor(visitor: Visitor, send: () => void, what: string) {
  const before = visitor.all('error').length
  visitor.pass('error')
  send()
  const error = await visitor.take('error').catch(fault => {
    fault.message = `${what}: ${fault.message}`
    throw fault
  })
  await visitor.beat()
  mustBe(visitor.all('error').length, before + 1, `errors for ${what}`)
  must(typeof error.message === 'string' && error.message !== '', `the error for ${what} has no message`)
  return error
}

async function wellFormed(stage: Stage): Promise<void> {
  const [visitor, group] = [await stage.member({ name: 'Ana "\u2028" é' }), stage.name('g')]
  for (const message of [
    { t: 'enter', group },
    { t: 'watch', group },
    { t: 'watch', counts: { group } },
  ])
    await visitor.done(message)
  await visitor.refused({ t: 'ask', members: 7 })
  await visitor.take('snapshot')
  await visitor.take('counts')
  await visitor.beat()
  must(visitor.heard.length >= 8, `${visitor.heard.length} messages were heard`)
  mustBe(visitor.odd, 0, 'frames that are no JSON objects')
}

async function reservedNames(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const ids = JSON.stringify([stage.name()])
  for (const text of [
    `{"t":"ask","id":"q","__proto__":{"members":${ids}}}`,
    `{"t":"ask","id":"q","constructor":{"members":${ids}},"prototype":{"members":${ids}}}`,
  ]) {
    const error = await errorFor(visitor, () => visitor.send(text), text)
    mustBe([error.code, error.field, error.id], ['bad_field', 'members', 'q'], text)
  }
  for (const member of ['__proto__', 'constructor', 'toString']) {
    const [entry] = await visitor.ask([member])
    mustBe(entry?.member, member, 'answer for an id that is also part of an object')
  }
}

const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`

async function deep(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  visitor.send(`{"t":"update","id":"fits","profile":${nested(64)}}`)
  await visitor.take('ack', ({ id }) => id === 'fits')
  for (const [t, field, depth] of [
    ['update', 'profile', 65],
    ['message', 'data', 65],
    ['message', 'data', 10_000],
  ] as const) {
    const text = `{"t":"${t}","id":"deep","${field}":${nested(depth)}}`
    const error = await errorFor(visitor, () => visitor.send(text), `${field} nested ${depth} deep`)
    mustBe([error.code, error.field], ['too_large', field], `${field} nested ${depth} deep`)
  }
  const list = `{"t":"ask","id":"list","members":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  const error = await errorFor(visitor, () => visitor.send(list), 'a list nested 100,000 deep')
  must(
    ['bad_id', 'bad_field', 'bad_json', 'too_large'].includes(error.code),
    `a list nested so deep: ${error.code}`,
  )
}

async function badJson(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const rubbish = [
    '',
    '{',
    'null',
    '[]',
    '7',
    '"beat"',
    '{}',
    '{"t":7}',
    '{"t":null}',
    '{"type":"beat"}',
    '{"__proto__":{"t":"beat"}}',
    'ping',
    '[[[['.repeat(5_000),
  ]
  for (const text of rubbish) {
    const error = await errorFor(visitor, () => visitor.send(text), `"${text.slice(0, 30)}"`)
    mustBe(error.code, 'bad_json', `code for "${text.slice(0, 30)}"`)
  }
  mustBe(visitor.all('beat').length, rubbish.length, 'beats answered')
}

async function binary(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  for (const bytes of [Buffer.from('{"t":"beat"}'), Buffer.alloc(0), Buffer.alloc(70_000)]) {
    const error = await errorFor(visitor, () => visitor.socket.sendBinary(bytes), 'a binary frame')
    mustBe(error.code, 'binary', 'code')
  }
}

async function unknownTypes(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  for (const t of ['nothing', '', 'Beat', 'welcome', 'snapshot', '__proto__', 'constructor', 'toString']) {
    const error = await errorFor(visitor, () => visitor.send({ t }), t)
    mustBe(error.code, 'unknown_type', `code for ${t}`)
  }
  const error = await visitor.refused({ t: 'nothing'.repeat(20) })
  mustBe([error.code, error.re], ['unknown_type', 'nothing'.repeat(20).slice(0, 64)], 'a long unknown type')
}

async function scopes(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const wrong = [
    {},
    { all: 1 },
    { all: false },
    { counts: 7 },
    { counts: {} },
    { all: true, group: stage.name('g') },
    { all: true, suspect: 'yes' },
  ]
  for (const scope of wrong)
    mustBe(
      (await visitor.refused({ t: 'watch', ...scope })).code,
      'bad_field',
      `watch ${JSON.stringify(scope)}`,
    )
  mustBe(visitor.all('snapshot').length + visitor.all('counts').length, 0, 'watches that were made')
}

async function badIds(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  for (const id of ['x'.repeat(65), '', 1.5, null, {}, [], true]) {
    const what = `the message id ${JSON.stringify(id)}`
    const error = await errorFor(visitor, () => visitor.send({ t: 'away', id }), what)
    mustBe([error.code, error.field], ['bad_field', 'id'], `code and field for ${what}`)
    must(!('id' in error), `${what} came back`)
  }
}

async function notAMember(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  const words = [
    { t: 'away' },
    { t: 'back' },
    { t: 'status', text: 'x' },
    { t: 'update', name: 'x' },
    { t: 'enter', group: stage.name('g') },
    { t: 'exit', group: stage.name('g') },
    { t: 'message', data: 1 },
  ]
  for (const message of words) {
    const error = await observer.refused(message)
    mustBe([error.code, error.re], ['not_a_member', message.t], `answer to ${message.t} of an observer`)
  }
  await observer.beat()
}

async function tokens(stage: Stage): Promise<void> {
  if (stage.target.token !== null) throw new Skipped('this server asks for tokens')
  const visitor = await stage.member()
  mustBe((await visitor.refused({ t: 'auth', token: 'abc' })).code, 'auth_off', 'answer to auth')
}

async function acknowledged(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const group = stage.name('g')
  const words = [
    { t: 'away' },
    { t: 'back' },
    { t: 'status', text: 'x' },
    { t: 'update', name: 'x' },
    { t: 'enter', group },
    { t: 'watch', group },
    { t: 'unwatch', group },
    { t: 'exit', group },
    { t: 'watch', members: [stage.name()] },
    { t: 'unwatch', members: true },
    { t: 'watch', counts: true },
    { t: 'unwatch', counts: true },
  ]
  for (const message of words) await visitor.done(message)
  for (const message of words) visitor.send(message)
  await visitor.beat()
  await stage.pause(300)
  mustBe(visitor.all('ack').length, words.length, 'acks')
  mustBe(visitor.all('error').length, 0, 'errors')
}

/** The ack of a watch is there before anything the watch tells. */
async function ackFirst(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const group = stage.name('g')
  for (const scope of [{ members: [visitor.member] }, { group }, { counts: { group } }, { counts: true }]) {
    const from = visitor.heard.length
    const kind = 'counts' in scope ? 'counts' : 'snapshot'
    await visitor.done({ t: 'watch', ...scope })
    await visitor.take(kind)
    mustBe(visitor.heard[from]?.message.t, 'ack', `the first answer to watch ${JSON.stringify(scope)}`)
  }
}

async function messages(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const id = visitor.nextId()
  visitor.send({ t: 'message', data: { any: ['thing'] }, id })
  await visitor.beat()
  const refused = await visitor
    .take('error', error => error.id === id)
    .catch(fault => {
      if (visitor.all('ack', ack => ack.id === id).length > 0) throw new Skipped('a host takes messages here')
      throw fault
    })
  mustBe([refused.code, refused.re], ['not_taken', 'message'], 'answer to a message no host took')
  visitor.send({ t: 'message', data: null })
  await visitor.beat()
  mustBe(visitor.all('error').length, 1, 'errors for a message without an id')
  const missing = await visitor.refused({ t: 'message' })
  mustBe([missing.code, missing.field], ['bad_field', 'data'], 'a message without data')
}

async function largeMessages(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const most = visitor.welcome?.limits.message ?? 65_536
  visitor.send({ t: 'message', data: 'x'.repeat(most - 2) })
  await visitor.beat()
  mustBe(visitor.all('error').length, 0, 'errors for data of the largest size')
  const error = await visitor.refused({ t: 'message', data: 'x'.repeat(most - 1) })
  mustBe([error.code, error.field], ['too_large', 'data'], 'data of one byte more')
}

async function strayAck(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  visitor.send({ t: 'ack', id: 'nobody asked' })
  await visitor.beat()
  must(visitor.end === null, 'it was cut')
}

async function largeFrame(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const most = visitor.welcome?.limits.frame ?? 2 ** 22
  if (most > 2 ** 24) throw new Skipped(`frames of ${most} bytes are allowed`)
  visitor.send(' '.repeat(most + 1))
  const { code } = await visitor.isEnded()
  mustBe(code, 1009, 'close code after a frame over the limit')
}

async function brokenText(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  visitor.socket.sendText(Buffer.from([0x7b, 0xc3, 0x28, 0x7d]))
  mustBe((await visitor.isEnded()).code, 1007, 'close code after broken UTF-8')
}

async function burst(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  for (let i = 0; i < 1_000; i++) visitor.send('{"t":"beat"}')
  await stage.pause(1_000)
  must(visitor.end === null, `it was cut (${visitor.end?.code}) for a burst of 1,000 frames`)
  const until = performance.now() + 2 * stage.patience
  for (
    let answers = visitor.all('beat').length;
    visitor.all('beat').length === answers;
    await stage.pause(500)
  ) {
    must(performance.now() < until, 'beats are not answered any more')
    visitor.send('{"t":"beat"}')
  }
}

async function flood(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const began = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    for (let i = 0; i < 12; i++) visitor.send('{"t":"beat"}')
    sent += 12
  }, 30)
  await Promise.race([visitor.ended, stage.pause(6_500)])
  clearInterval(timer)
  if (visitor.end === null) {
    await stage.pause(500)
    must(visitor.all('beat').length > sent / 2, 'beats are dropped for ever without the connection being cut')
    throw new Skipped('400 frames a second are allowed here')
  }
  mustBe(
    [visitor.all('error').at(-1)?.code, visitor.end.code],
    ['too_fast', 4429],
    'the end of who sends too fast',
  )
  must(visitor.end.at - began > 1_000, 'it was cut for a burst')
}

export const errors: readonly Case[] = [
  { musts: ['T4'], title: 'every message is a JSON object in one text frame', run: wellFormed },
  { musts: ['F1'], title: 'reserved names mean nothing as keys', run: reservedNames },
  { musts: ['F6'], title: 'what is nested over 64 deep is refused, and harms nothing', run: deep },
  { musts: ['F8'], title: 'a burst alone ends no connection', run: burst },
  {
    musts: ['F2', 'E2'],
    title: 'no JSON object with a string t: bad_json, the connection stays',
    run: badJson,
  },
  { musts: ['F3', 'E2'], title: 'binary frames are refused, the connection stays', run: binary },
  {
    musts: ['F4', 'F1', 'E1', 'E2'],
    title: 'unknown types are refused, the connection stays',
    run: unknownTypes,
  },
  { musts: ['F5'], title: 'a watch of nothing, or of two things, is refused', run: scopes },
  { musts: ['I4'], title: 'a message id that is none is refused and not sent back', run: badIds },
  { musts: ['E3', 'E1'], title: 'observers are refused what only members do', run: notAMember },
  { musts: ['H5'], title: 'auth where nobody is asked for a token is refused', run: tokens },
  { musts: ['I3'], title: 'what has an id is acknowledged once, what has none is not', run: acknowledged },
  { musts: ['W9'], title: 'the ack of a watch is the first of its frames', run: ackFirst },
  { musts: ['M1'], title: 'a message no host took is refused where it has an id', run: messages },
  { musts: ['F6'], title: 'data over the limit is refused', run: largeMessages },
  { musts: ['M2'], title: 'an ack nobody waits for does no harm', run: strayAck },
  { musts: ['T5'], title: 'a frame over the limit is cut with 1009', run: largeFrame },
  { musts: ['T5'], title: 'broken UTF-8 is cut with 1007', run: brokenText },
  { musts: ['F8'], title: 'over the rate for 3 s is cut with 4429', long: true, run: flood },
]
