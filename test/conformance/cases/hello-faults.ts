// Hellos that must be refused: each with an error frame that names the fault, then the close, and nobody comes of it.

import { type Case, must, mustBe, Skipped } from '../case.ts'
import type { HelloPatch, Stage } from '../stage.ts'
import type { Visitor } from '../visitor.ts'

/** What is wrong with a hello, the patch that does it, and how it is called. */
type Fault = readonly [what: string, patch: HelloPatch, codes: readonly string[], field?: string]

const IDS: readonly Fault[] = [
  ['', { member: '' }, ['bad_id'], 'member'],
  ['a control character', { member: 'a\u0000b' }, ['bad_id'], 'member'],
  ['a line break', { member: 'a\nb' }, ['bad_id'], 'member'],
  ['257 bytes', { member: 'é'.repeat(128).concat('x') }, ['bad_id'], 'member'],
  ['half a surrogate pair', { member: '\ud800' }, ['bad_id'], 'member'],
  ['true', { member: true }, ['bad_id'], 'member'],
  ['null', { member: null }, ['bad_id', 'bad_field']],
  ['a fraction', { member: 1.5 }, ['bad_id'], 'member'],
  ['a list', { member: ['7'] }, ['bad_id'], 'member'],
  ['an object', { member: {} }, ['bad_id'], 'member'],
]

const FIELDS: readonly Fault[] = [
  ['no instance', { instance: undefined }, ['bad_field'], 'instance'],
  ['an instance of 15 characters', { instance: 'a'.repeat(15) }, ['bad_field'], 'instance'],
  ['an instance of 65 characters', { instance: 'a'.repeat(65) }, ['bad_field'], 'instance'],
  ['an instance with a space', { instance: 'aaaaaaaaaaaa aaaaaaaaaaaa' }, ['bad_field'], 'instance'],
  ['an instance that is a number', { instance: 123_456_789_012_345 }, ['bad_field'], 'instance'],
  ['no epoch', { epoch: undefined }, ['bad_field'], 'epoch'],
  ['epoch -1', { epoch: -1 }, ['bad_field'], 'epoch'],
  ['epoch 2^31', { epoch: 2 ** 31 }, ['bad_field'], 'epoch'],
  ['epoch 2^53', { epoch: 2 ** 53 }, ['bad_field'], 'epoch'],
  ['epoch 1.5', { epoch: 1.5 }, ['bad_field'], 'epoch'],
  ['epoch "1"', { epoch: '1' }, ['bad_field'], 'epoch'],
  ['a name that is an object', { name: {} }, ['bad_field'], 'name'],
  ['a type that is a list', { type: [] }, ['bad_field'], 'type'],
  ['a profile that is a list', { profile: [] }, ['bad_field'], 'profile'],
  ['a profile that is a text', { profile: 'x' }, ['bad_field'], 'profile'],
  ['an unknown preset', { timing: 'leisurely' }, ['bad_field'], 'timing'],
  ['a timing of texts', { timing: { interval: '1s' } }, ['bad_field'], 'timing'],
  ['a negative timing', { timing: { timeout: -1 } }, ['bad_field'], 'timing'],
  ['away false', { away: false }, ['bad_field'], 'away'],
  ['away that is a text', { away: 'true' }, ['bad_field'], 'away'],
  ['a cursor that is a number', { cursor: 7 }, ['bad_field', 'bad_cursor']],
]

const LARGE: readonly Fault[] = [
  ['a name of 1,025 bytes', { name: 'é'.repeat(512).concat('x') }, ['too_large'], 'name'],
  ['a type of 257 bytes', { type: 't'.repeat(257) }, ['too_large'], 'type'],
  [
    'a profile of 8,193 bytes',
    { profile: { text: 'p'.repeat(8_193 - '{"text":""}'.length) } },
    ['too_large'],
    'profile',
  ],
  ['a hello of 17,000 bytes', { ballast: 'b'.repeat(17_000) }, ['too_large']],
]

const IDENTITY: readonly Fault[] = [
  ['neither member nor observer nor token', { member: undefined }, ['bad_field']],
  ['member and observer', { observer: true }, ['bad_field']],
  ['member and token', { token: 'abc' }, ['bad_field', 'auth_off']],
  ['observer false', { member: undefined, observer: false }, ['bad_field']],
]

async function refusal(visitor: Visitor, what: string) {
  const end = await visitor.isEnded()
  const errors = visitor.all('error')
  must(errors.length === 1, `${what}: ${errors.length} error frames before the close ${end.code}`)
  must(visitor.all('welcome').length === 0, `${what}: it was welcomed`)
  mustBe(visitor.heard.at(-1)?.message.t, 'error', `${what}: the last message before the close`)
  return { error: errors[0]!, end }
}

async function refuseAll(stage: Stage, faults: readonly Fault[]): Promise<void> {
  if (stage.target.token !== null) throw new Skipped('with a token the suite says no ids of its own')
  const observer = await stage.observer()
  await Promise.all(
    faults.map(async ([what, patch, codes, field]) => {
      const visitor = await stage.connect()
      const hello = stage.hello(patch)
      visitor.send(hello)
      const { error, end } = await refusal(visitor, what)
      must(codes.includes(error.code), `${what}: error ${error.code}, not ${codes.join(' or ')}`)
      mustBe(error.re, 'hello', `${what}: what the error is about`)
      if (field !== undefined) mustBe(error.field, field, `${what}: field of the error`)
      must(typeof error.message === 'string' && error.message !== '', `${what}: the error has no message`)
      if (!('token' in patch)) mustBe(end.code, 4511, `${what}: close code`)
      if ('member' in patch || typeof hello.member !== 'string') return
      mustBe((await observer.ask([hello.member]))[0]?.state, 'unknown', `${what}: the member that came of it`)
    }),
  )
}

async function notHello(stage: Stage): Promise<void> {
  const firsts = ['{"t":"beat"}', '{"t":"watch","all":true}', '{"t":"nothing"}', '{"t":"bye"}']
  await Promise.all(
    firsts.map(async first => {
      const visitor = await stage.connect()
      visitor.send(first)
      const { error, end } = await refusal(visitor, first)
      mustBe([error.code, end.code], ['hello_expected', 4511], `answer to ${first} first`)
    }),
  )
}

async function rubbishFirst(stage: Stage): Promise<void> {
  const firsts: (string | Buffer)[] = ['hello', '[]', '', '{"t":7}', Buffer.from('{"t":"hello"}')]
  await Promise.all(
    firsts.map(async first => {
      const visitor = await stage.connect()
      if (typeof first === 'string') visitor.send(first)
      else visitor.socket.sendBinary(first)
      const { end } = await refusal(visitor, `"${first}" first`)
      mustBe(end.code, 4511, `close code after "${first}" first`)
    }),
  )
}

async function nobodyAsked(stage: Stage): Promise<void> {
  if (stage.target.token !== null) throw new Skipped('this server asks for tokens')
  const visitor = await stage.connect()
  visitor.send({ t: 'hello', token: 'abc', instance: stage.instance(), epoch: 1 })
  const { error, end } = await refusal(visitor, 'a token nobody asked for')
  mustBe([error.code, end.code], ['auth_off', 4510], 'answer to a token nobody asked for')
}

async function tooLate(stage: Stage): Promise<void> {
  const began = performance.now()
  const silent = await stage.connect()
  const pinging = await stage.connect()
  const pings = setInterval(() => pinging.socket.sendPing(), 1_000)
  try {
    const ends = await Promise.all([silent, pinging].map(visitor => visitor.isEnded(14_000)))
    for (const [index, visitor] of [silent, pinging].entries()) {
      mustBe(
        [visitor.all('error').map(({ code }) => code), ends[index]!.code],
        [['hello_late'], 4408],
        'the end',
      )
      const took = ends[index]!.at - began
      must(took > 9_500 && took < 13_000, `it was cut after ${Math.round(took)} ms, not after 10 s`)
    }
  } finally {
    clearInterval(pings)
  }
}

async function twice(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  visitor.send(stage.hello())
  mustBe((await visitor.take('error')).code, 'hello_twice', 'answer to a second hello')
  await visitor.beat()
  mustBe(visitor.all('welcome').length, 1, 'welcomes')
}

export const helloFaults: readonly Case[] = [
  {
    musts: ['H3', 'I2'],
    title: 'what is no member id is refused with 4511',
    run: stage => refuseAll(stage, IDS),
  },
  {
    musts: ['H3', 'F5'],
    title: 'fields of the wrong form are refused by name with 4511',
    run: stage => refuseAll(stage, FIELDS),
  },
  {
    musts: ['H3', 'F6'],
    title: 'what is too large is refused by name with 4511',
    run: stage => refuseAll(stage, LARGE),
  },
  {
    musts: ['H2'],
    title: 'exactly one of member, observer and token',
    run: stage => refuseAll(stage, IDENTITY),
  },
  { musts: ['H4'], title: 'a first message that is no hello is refused with 4511', run: notHello },
  { musts: ['H4'], title: 'a first frame that is no message is refused with 4511', run: rubbishFirst },
  { musts: ['H5'], title: 'a token nobody asked for is refused with 4510', run: nobodyAsked },
  { musts: ['H12'], title: 'who says no hello within 10 s is cut with 4408', long: true, run: tooLate },
  { musts: ['H6'], title: 'a second hello is refused and changes nothing', run: twice },
]
