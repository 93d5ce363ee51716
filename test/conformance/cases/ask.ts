// Asking once: an explicit answer for every id.

import { type Case, must, mustBe } from '../case.ts'
import { entryIn } from '../lists.ts'
import type { Stage } from '../stage.ts'

async function explicit(stage: Stage): Promise<void> {
  const visitor = await stage.member({ name: 'Ana' })
  const never = stage.name('never')
  const observer = await stage.observer()
  const entries = await observer.ask([never, visitor.member])
  mustBe(entryIn(entries, never), { member: never, state: 'unknown' }, 'answer for an id never seen')
  mustBe(
    [entryIn(entries, visitor.member).state, entryIn(entries, visitor.member).name],
    ['online', 'Ana'],
    'answer',
  )
  mustBe(await observer.ask([]), [], 'answer for no ids')
}

async function withoutId(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  visitor.send({ t: 'ask', members: [visitor.member] })
  const answer = await visitor.take('answer')
  must(!('id' in answer), 'an answer with an id where none was given')
  mustBe(answer.entries[0]?.member, visitor.member, 'who asks for itself')
}

async function sameId(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  for (const id of ['x'.repeat(64), 0, -7, 2 ** 31]) {
    observer.send({ t: 'ask', members: [], id })
    await observer.take('answer', answer => answer.id === id)
  }
}

async function many(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  const most = Math.min(observer.welcome?.limits.ask ?? 10_000, 10_000)
  const ids = Array.from({ length: most }, (_, index) => `${stage.name()}-${index}`)
  const entries = await observer.ask(ids)
  mustBe(entries.length, ids.length, 'entries')
  mustBe(new Set(entries.map(({ member }) => member)), new Set(ids), 'ids answered')
  const answers = observer.all('answer')
  must(answers.at(-1)?.more === undefined, 'the last part of an answer says more')
  must(
    answers.slice(0, -1).every(({ more }) => more === true),
    'a part that is not the last says no more',
  )
  mustBe(observer.all('diff').length + observer.all('snapshot').length, 0, 'an ask began a watch')
}

async function notMixed(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  const lists = [stage.names(1_600), stage.names(1_600), stage.names(3)]
  for (const [id, members] of lists.entries()) observer.send({ t: 'ask', members, id })
  const answered = () => observer.all('answer').filter(({ more }) => more !== true).length
  const until = performance.now() + stage.patience
  while (answered() < lists.length && performance.now() < until) await stage.pause(20)
  const answers = observer.all('answer')
  for (const [id, members] of lists.entries()) {
    const parts = answers.filter(answer => answer.id === id)
    const told = parts.flatMap(({ entries }) => entries.map(({ member }) => member))
    mustBe(told.sort(), members.sort(), `ids of answer ${id}`)
    const at = parts.map(part => answers.indexOf(part))
    must(at.at(-1)! - at[0]! === at.length - 1, `parts of other answers are among those of answer ${id}`)
  }
}

async function twice(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const number = String(Math.random()).slice(2, 12)
  const ids = `["${visitor.member}","${visitor.member}",1${number},"1${number}"]`
  const expected = [visitor.member, `1${number}`].sort()
  visitor.send(`{"t":"ask","members":${ids}}`)
  const { entries } = await visitor.take('answer')
  mustBe(entries.map(({ member }) => member).sort(), expected, 'members of the answer')
  visitor.send(`{"t":"watch","members":${ids}}`)
  const snapshot = await visitor.take('snapshot')
  mustBe(snapshot.entries.map(({ member }) => member).sort(), expected, 'members of the snapshot')
}

async function fractions(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  for (const number of ['7.0', '7.5', '1e3', '7E0', '1e400', '-0.0'])
    for (const field of ['members', 'group']) {
      const text = field === 'members' ? `"t":"ask","members":[1,${number}]` : `"t":"watch","group":${number}`
      observer.send(`{${text},"id":"${number} ${field}"}`)
      const error = await observer.take('error', ({ id }) => id === `${number} ${field}`)
      mustBe([error.code, error.field], ['bad_id', field], `answer to the id ${number} in ${field}`)
    }
}

async function tooMany(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  const limits = observer.welcome?.limits
  const ids = Array.from({ length: (limits?.ask ?? 10_000) + 1 }, (_, index) => `${index}`)
  const error = await observer.refused({ t: 'ask', members: ids })
  mustBe([error.code, error.re], ['too_many', 'ask'], 'answer to one id too many')
  const watched = Array.from({ length: (limits?.watch ?? 10_000) + 1 }, (_, index) => `${index}`)
  const refusal = await observer.refused({ t: 'watch', members: watched })
  mustBe([refusal.code, refusal.re], ['too_many', 'watch'], 'answer to a watch of one id too many')
  await observer.beat()
}

async function inAll(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  const most = observer.welcome?.limits.watch ?? 10_000
  const ids = Array.from({ length: most }, (_, index) => `${stage.name()}-${index}`)
  await observer.done({ t: 'watch', members: ids })
  mustBe((await observer.refused({ t: 'watch', members: [stage.name()] })).code, 'too_many', 'one id more')
  await observer.done({ t: 'watch', members: ids.slice(0, 10) })
  await observer.done({ t: 'unwatch', members: ids.slice(0, 1) })
  await observer.done({ t: 'watch', members: [stage.name()] })
}

async function badIds(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  for (const t of ['ask', 'watch', 'unwatch'])
    for (const bad of ['', 'a\u0000', 'x'.repeat(257), null, 1.5, {}, ['7']]) {
      const error = await observer.refused({ t, members: [stage.name(), bad] })
      must(['bad_id', 'bad_field'].includes(error.code), `${t} of ${JSON.stringify(bad)}: ${error.code}`)
      mustBe(error.field, 'members', `field of ${t} with ${JSON.stringify(bad)}`)
    }
  const error = await observer.refused({ t: 'ask', members: 'all' })
  mustBe([error.code, error.field], ['bad_field', 'members'], 'answer to a text instead of a list')
  mustBe(observer.all('snapshot').length, 0, 'a watch with an id that is none was made')
}

async function digits(stage: Stage): Promise<void> {
  const member = `8${String(Math.random()).slice(2, 12).padEnd(10, '3')}00000003`.padEnd(19, '1')
  const observer = await stage.observer()
  observer.send(`{"t":"ask","id":1,"members":[${member},"${member}"]}`)
  const { entries } = await observer.take('answer')
  must(
    entries.length > 0 && entries.every(entry => entry.member === member),
    `it answers for ${entries[0]?.member}`,
  )
}

export const ask: readonly Case[] = [
  { musts: ['A2'], title: 'ask: parts of answers of two questions are not mixed', run: notMixed },
  { musts: ['I1'], title: 'an id twice in a list counts once', run: twice },
  { musts: ['I2'], title: 'a fraction or an exponent is no id', run: fractions },
  { musts: ['A1', 'W1'], title: 'ask: every id is answered', run: explicit },
  { musts: ['I3'], title: 'ask: without an id the answer has none', run: withoutId },
  { musts: ['I3'], title: 'ask: the answer has the id of the question', run: sameId },
  { musts: ['A1', 'A2', 'A3'], title: 'ask: as many ids as the limit, once, without a watch', run: many },
  { musts: ['F7'], title: 'ask and watch: one id over the limit is refused', run: tooMany },
  { musts: ['W5', 'F7'], title: 'watch: the limit is of all ids of the connection', run: inAll },
  { musts: ['I2'], title: 'ask and watch: what is no id is refused as a whole', run: badIds },
  { musts: ['I1'], title: 'ask: an integer is its digits', run: digits },
]
