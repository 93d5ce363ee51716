// How a watch looks: golden texts for people, exact lines for programs.

import { describe, expect, test } from 'bun:test'
import type { Entry } from '../protocol/messages.ts'
import type { ListFrame } from './observer.ts'
import { JsonView, TextView } from './watch-view.ts'

const NOW = 1_700_000_000_000
const at = (ms: number) => new Date(ms).toISOString().slice(11, 19)
const text = (colour = false) => new TextView(colour, at)

let version = 0
function entry(member: string, patch: Partial<Entry> = {}): Entry {
  version += 1
  return {
    member,
    state: 'online',
    since: NOW,
    joinedAt: NOW,
    lastEvidenceAt: NOW,
    lastBeatAt: null,
    version,
    ...patch,
  }
}
const offline = (member: string, patch: Partial<Entry> = {}) => {
  const { joinedAt: _, ...rest } = entry(member)
  return { ...rest, state: 'offline' as const, ...patch }
}
const snapshot = (entries: Entry[], patch: object = {}) =>
  ({ t: 'snapshot', of: 'all', part: 0, entries, cursor: 'c', ...patch }) as ListFrame
const diff = (entries: Entry[], patch: object = {}) =>
  ({ t: 'diff', of: 'all', entries, cursor: 'c', ...patch }) as ListFrame

describe('for people', () => {
  test('golden: first the list, then a line for each change', () => {
    const view = text()
    const ana = { name: 'Ana', joinedAt: NOW - 90_000, since: NOW - 90_000 }
    let shown = view.frame(snapshot([entry('7', ana)], { cursor: undefined, more: true }), NOW)
    shown += view.frame(
      snapshot([entry('张伟', { type: 'teacher', state: 'away', since: NOW - 5_000 })], { part: 1 }),
      NOW,
    )
    const diffs: [Entry, number][] = [
      [entry('\u001b[2J8', { name: 'a\u200b', since: NOW + 1_000, joinedAt: NOW + 1_000 }), 1],
      [entry('7', { ...ana, state: 'away', since: NOW + 2_000 }), 2],
      [entry('7', { ...ana, since: NOW + 3_000 }), 3],
      [entry('7', { ...ana, state: 'suspect', since: NOW + 4_000, reason: 'lost' }), 4],
      [entry('7', { ...ana, since: NOW + 5_000 }), 5],
      [entry('7', { ...ana, since: NOW + 5_000, name: 'Ana B', status: { text: 'busy', until: null } }), 6],
      [offline('7', { since: NOW + 7_000, reason: 'closed', gone: true, name: 'Ana B' }), 9],
    ]
    for (const [entry, seconds] of diffs) shown += view.frame(diff([entry]), NOW + seconds * 1_000)
    shown += view.lost('the server restarts', NOW + 10_000)
    shown += view.frame(diff([], { resumed: true }), NOW + 12_000)
    expect(shown).toBe(`ID    NAME  TYPE     STATE   SINCE      LAST EVIDENCE
7     Ana   -        online  1 min ago  just now
张伟  -     teacher  away    5 s ago    just now

2 members: 1 online, 1 away

22:13:21  <U+001B>[2J8 (a<U+200B>)  joined
22:13:22  7 (Ana)                   away
22:13:23  7 (Ana)                   back
22:13:24  7 (Ana)                   suspect (lost)
22:13:25  7 (Ana)                   resumed
22:13:26  7 (Ana B)                 updated: name Ana B, status busy
22:13:27  7 (Ana B)                 left (closed)
22:13:30  -- connection lost (the server restarts): trying again
22:13:32  -- connected again: nothing was missed
`)
  })

  test('nobody', () => {
    expect(text().frame(snapshot([]), NOW)).toBe('nobody\n\n')
  })

  test('reset: says so, and what differs now', () => {
    const view = text()
    const same = entry('same')
    view.frame(snapshot([same, entry('gone', { name: 'Bo' }), entry('again')]), NOW)
    const list = [same, entry('again', { joinedAt: NOW + 1, since: NOW + 1_000 }), entry('new')]
    expect(view.frame(snapshot(list, { reset: true }), NOW + 5_000)).toBe(
      `22:13:25  -- reset: not every change since is known; these are the differences to the list before
22:13:21  again         left and joined again
22:13:20  new           joined
22:13:25  gone (Bo)     left
`,
    )
  })

  test.each<[string, Partial<Entry>, string]>([
    ['group', { gone: true }, 'gone from the group'],
    [
      'group',
      { ...offline('m'), version: 1e9, gone: true, reason: 'left' },
      'left (left), gone from the group',
    ],
    ['all', { gone: true }, 'gone'],
    ['members', { state: 'unknown' }, 'forgotten'],
    ['all', { state: 'away', joinedAt: NOW + 1 }, 'left and joined again, away'],
    ['all', { state: 'suspect', since: NOW + 1, reason: 'lost' }, 'suspect (lost)'],
    ['all', { type: 't', profile: { a: 1 } }, 'updated: type t, profile'],
    ['all', { since: NOW + 1, name: 'N' }, 'back, updated: name N'],
  ])('of %s: %j is %p', (of, patch, words) => {
    const view = text()
    view.frame(snapshot([entry('m')], { of }), NOW)
    expect(view.frame(diff([entry('m', patch)], { of }), NOW)).toEndWith(`  ${words}\n`)
  })

  test.each<[string, Entry, string]>([
    ['group', offline('m'), 'added, offline'],
    ['group', entry('m'), 'joined'],
    ['members', entry('m', { state: 'away' }), 'joined, away'],
    ['all', entry('m', { state: 'suspect', reason: 'lost' }), 'joined, suspect (lost)'],
  ])('of %s, not seen before: %j is %p', (of, entry, words) => {
    const view = text()
    view.frame(snapshot([], { of }), NOW)
    expect(view.frame(diff([entry], { of }), NOW)).toEndWith(`  ${words}\n`)
  })

  test('who was away from the list or unknown joins, and is not updated', () => {
    const view = text()
    view.frame(snapshot([{ member: 'm', state: 'unknown' }, offline('n')], { of: 'members' }), NOW)
    const entries = [entry('m', { name: 'M' }), entry('n', { name: 'N' })]
    expect(view.frame(diff(entries, { of: 'members' }), NOW)).toBe(
      '22:13:20  m (M)         joined\n22:13:20  n (N)         joined\n',
    )
  })

  test('what is not newer, or shows nothing new, gets no line', () => {
    const view = text()
    const [old, one] = [entry('m', { state: 'away' }), entry('m')]
    view.frame(snapshot([one]), NOW)
    const nothing = [old, one, { ...one, gone: true, version: 0 } as Entry, offline('x', { gone: true })]
    expect(view.frame(diff([...nothing, entry('m', { lastEvidenceAt: NOW + 9 })]), NOW)).toBe('')
  })

  test('a member that came, went and came is three lines', () => {
    const view = text()
    view.frame(snapshot([]), NOW)
    const lines = [entry('m'), offline('m', { gone: true, reason: 'left' }), entry('m')]
    expect(lines.map(one => view.frame(diff([one]), NOW).slice(24))).toEqual([
      'joined\n',
      'left (left)\n',
      'joined\n',
    ])
  })

  test('colour only where it was asked for', () => {
    const frames = [
      snapshot([entry('7')]),
      diff([offline('7', { gone: true }), entry('8', { state: 'away' })]),
    ]
    const shown = (colour: boolean) => {
      const view = text(colour)
      return frames.map(frame => view.frame(frame, NOW)).join('') + view.lost('x', NOW)
    }
    expect(shown(false)).not.toContain('\u001b')
    expect(shown(true)).toContain('  \u001b[31mleft\u001b[0m\n')
    expect(shown(true)).toContain('  \u001b[33mjoined, away\u001b[0m\n')
  })
})

test('for programs: every entry on a line, and what happens to the watch', () => {
  const view = new JsonView()
  const one = { member: '7', state: 'unknown' } as const
  const shown = [
    view.frame(snapshot([one, one], { cursor: undefined, more: true })),
    view.frame(snapshot([one], { part: 1 })),
    view.frame(diff([{ ...one, gone: true }])),
    view.lost('the server restarts'),
    view.frame(diff([], { resumed: true })),
    view.frame(snapshot([one], { reset: true })),
  ]
  const snap = '{"kind":"snapshot","member":"7","state":"unknown"}\n'
  expect(shown).toEqual([
    snap + snap,
    `${snap}{"kind":"listed","members":3}\n`,
    '{"kind":"diff","member":"7","state":"unknown","gone":true}\n',
    '{"kind":"lost","why":"the server restarts"}\n',
    '{"kind":"resumed"}\n',
    `{"kind":"reset"}\n${snap}{"kind":"listed","members":1}\n`,
  ])
})
