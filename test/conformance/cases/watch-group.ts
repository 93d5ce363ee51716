// Watching a group: who is in it, who comes and who goes, and entering and leaving it.

import { type Case, must, mustBe } from '../case.ts'
import { entryIn, partsOf, toldOf } from '../lists.ts'
import type { Stage } from '../stage.ts'

async function listed(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const [inside, outside, observer] = [await stage.member(), await stage.member(), await stage.observer()]
  await inside.done({ t: 'enter', group })
  observer.send({ t: 'watch', group })
  const { entries } = await partsOf(observer, { of: 'group', group })
  mustBe(
    entries.map(({ member }) => member),
    [inside.member],
    'members of the group',
  )
  mustBe(entries[0]!.state, 'online', 'state of the member')
  must(outside.end === null, 'a connection was ended')
}

async function emptyGroup(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const observer = await stage.observer()
  observer.send({ t: 'watch', group })
  const { entries, parts } = await partsOf(observer, { of: 'group', group })
  mustBe([entries, parts], [[], 1], 'a group nobody is in')
}

async function comesAndGoes(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const which = { of: 'group', group } as const
  const [visitor, observer] = [await stage.member({ name: 'Ana' }), await stage.observer()]
  observer.send({ t: 'watch', group })
  await partsOf(observer, which)
  await visitor.done({ t: 'enter', group })
  const entered = await toldOf(observer, which, visitor.member, ({ gone }) => gone !== true)
  mustBe([entered.entry.state, entered.entry.name], ['online', 'Ana'], 'entry of who entered')
  must(typeof entered.diff.cursor === 'string', 'the diff has no cursor')
  await visitor.done({ t: 'exit', group })
  const { entry } = await toldOf(observer, which, visitor.member, ({ gone }) => gone === true)
  must(entry.state === 'online', `who left the group is ${entry.state}`)
}

async function endsWithSession(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const which = { of: 'group', group } as const
  const [visitor, observer] = [await stage.member(), await stage.observer()]
  await visitor.done({ t: 'enter', group })
  observer.send({ t: 'watch', group })
  await partsOf(observer, which)
  visitor.send({ t: 'bye' })
  await toldOf(observer, which, visitor.member, ({ gone }) => gone === true)
  const other = await stage.observer()
  other.send({ t: 'watch', group })
  mustBe((await partsOf(other, which)).entries, [], 'the group after its only session ended')
}

async function survivesBreak(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const hello = stage.hello()
  const first = await stage.member(hello)
  await first.done({ t: 'enter', group })
  first.socket.reset()
  const again = await stage.member({ ...hello, member: first.member, epoch: 2 })
  mustBe(again.welcome?.resumed, true, 'resumed')
  again.send({ t: 'watch', group })
  const { entries } = await partsOf(again, { of: 'group', group })
  mustBe(
    entries.map(({ member }) => member),
    [first.member],
    'the group after the resume',
  )
}

async function twoSessions(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const which = { of: 'group', group } as const
  const member = stage.name()
  const phone = await stage.member({ member })
  const desk = await stage.another(phone)
  await phone.done({ t: 'enter', group })
  await desk.done({ t: 'enter', group })
  await phone.done({ t: 'exit', group })
  const observer = await stage.observer()
  observer.send({ t: 'watch', group })
  entryIn((await partsOf(observer, which)).entries, member)
  await desk.done({ t: 'exit', group })
  await toldOf(observer, which, member, ({ gone }) => gone === true)
}

async function again(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const [visitor, observer] = [await stage.member(), await stage.observer()]
  observer.send({ t: 'watch', group })
  await partsOf(observer, { of: 'group', group })
  await visitor.done({ t: 'exit', group })
  await visitor.done({ t: 'enter', group })
  await visitor.done({ t: 'enter', group })
  await toldOf(observer, { of: 'group', group }, visitor.member)
  observer.send({ t: 'watch', group })
  const { entries } = await partsOf(observer, { of: 'group', group })
  mustBe(
    entries.map(({ member }) => member),
    [visitor.member],
    'the list anew, after it entered twice',
  )
}

async function replaced(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const which = { of: 'group', group } as const
  const [visitor, observer] = [await stage.member(), await stage.observer()]
  for (let i = 0; i < 2; i++) {
    observer.send({ t: 'watch', group })
    await partsOf(observer, which)
  }
  await visitor.done({ t: 'enter', group })
  await toldOf(observer, which, visitor.member)
  await stage.pause(900)
  mustBe(observer.all('diff').length, 1, 'diffs of one change after the watch was made twice')
}

async function unwatched(stage: Stage): Promise<void> {
  const [group, other] = [stage.name('g'), stage.name('g')]
  const [visitor, observer] = [await stage.member(), await stage.observer()]
  for (const each of [group, other]) {
    observer.send({ t: 'watch', group: each })
    await partsOf(observer, { of: 'group', group: each })
  }
  await observer.done({ t: 'unwatch', group })
  await visitor.done({ t: 'enter', group })
  await visitor.done({ t: 'enter', group: other })
  await toldOf(observer, { of: 'group', group: other }, visitor.member)
  await stage.pause(600)
  const strange = observer.all('diff', diff => diff.group === group)
  mustBe(strange, [], 'diffs of the watch that was ended')
}

async function memberWatches(stage: Stage): Promise<void> {
  const group = stage.name('g')
  const visitor = await stage.member()
  visitor.send({ t: 'watch', group })
  await partsOf(visitor, { of: 'group', group })
  await visitor.done({ t: 'enter', group })
  await toldOf(visitor, { of: 'group', group }, visitor.member)
}

async function badGroups(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  for (const group of ['', 'a\nb', 'x'.repeat(257), {}, null, undefined])
    for (const t of ['enter', 'exit', 'watch']) {
      // a watch that says nothing of a group has no scope at all
      if (t === 'watch' && (group === undefined || group === null)) continue
      const error = await visitor.refused({ t, group })
      must(error.code === 'bad_id' || error.code === 'bad_field', `${t} of a bad group: ${error.code}`)
      mustBe([error.re, error.field], [t, 'group'], `re and field of a bad group in ${t}`)
    }
  await visitor.beat()
}

async function tooManyGroups(stage: Stage): Promise<void> {
  const visitor = await stage.member()
  const most = visitor.welcome?.limits.groups ?? 100
  const groups = stage.names(most, 'g')
  await crowd(stage, groups, group => visitor.done({ t: 'enter', group }))
  const refused = await visitor.refused({ t: 'enter', group: stage.name('g') })
  mustBe([refused.code, refused.field], ['too_many', 'group'], 'one group more')
  await visitor.done({ t: 'exit', group: groups[0]! })
  await visitor.done({ t: 'enter', group: stage.name('g') })
}

async function tooManyWatches(stage: Stage): Promise<void> {
  const observer = await stage.observer()
  const groups = stage.names(100, 'g')
  await crowd(stage, groups.slice(0, 60), group => observer.done({ t: 'watch', group }))
  await crowd(stage, groups.slice(60), group => observer.done({ t: 'watch', counts: { group } }))
  mustBe((await observer.refused({ t: 'watch', group: stage.name('g') })).code, 'too_many', 'one group more')
  await observer.done({ t: 'watch', group: groups[5]! })
  await observer.done({ t: 'unwatch', group: groups[0]! })
  await observer.done({ t: 'watch', group: stage.name('g') })
}

/** One after the other, below any rate a server may allow. */
async function crowd(stage: Stage, groups: readonly string[], each: (group: string) => Promise<void>) {
  for (const group of groups) {
    await each(group)
    await stage.pause(12)
  }
}

export const watchGroup: readonly Case[] = [
  { musts: ['W6'], title: 'group: those who are in it are listed, nobody else', run: listed },
  { musts: ['W6'], title: 'group: one that nobody is in is an empty list', run: emptyGroup },
  { musts: ['W6', 'W3'], title: 'group: enter and exit are told', run: comesAndGoes },
  { musts: ['G1'], title: 'group: membership ends with the session that made it', run: endsWithSession },
  { musts: ['G1'], title: 'group: membership survives a break', run: survivesBreak },
  { musts: ['G2'], title: 'group: a member is in it as long as one of its sessions is', run: twoSessions },
  { musts: ['G3'], title: 'group: to enter twice or exit without is done and harmless', run: again },
  { musts: ['W8'], title: 'group: a new watch replaces the old one', run: replaced },
  { musts: ['W10'], title: 'group: after unwatch nothing of it comes, of others it does', run: unwatched },
  { musts: ['W6'], title: 'group: a member may watch too', run: memberWatches },
  { musts: ['I2'], title: 'group: what is no id is refused by name', run: badGroups },
  { musts: ['G4', 'F7'], title: 'group: no session is in more than the limit', run: tooManyGroups },
  { musts: ['F7'], title: 'group: at most 100 watches, lists and counts together', run: tooManyWatches },
]
