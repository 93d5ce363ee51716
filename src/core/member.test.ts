import { expect, test } from 'bun:test'
import type { MemberState, Reason } from '../protocol/words.ts'
import { Member } from './member.ts'
import { Session, type SessionState } from './session.ts'
import { makeTerms } from './terms.ts'
import { PRESETS } from './timing.ts'

const REASONS: readonly (Reason | null)[] = [
  null,
  'left',
  'closed',
  'lost',
  'replaced',
  'kicked',
  'expired',
  'node_lost',
]

test('the packed words of a member do not touch each other', () => {
  const member = new Member('a', 0)
  expect([member.state, member.reason, member.type, member.profile]).toEqual(['offline', null, null, null])
  for (const state of ['online', 'away', 'suspect', 'offline'] as MemberState[])
    for (const reason of REASONS) {
      member.state = state
      member.reason = reason
      expect([member.state, member.reason]).toEqual([state, reason])
    }
  member.type = 'vip'
  member.profile = { phone: '1' }
  expect([member.type, member.profile]).toEqual(['vip', { phone: '1' }])
  member.type = null
  expect([member.type, member.profile]).toEqual([null, { phone: '1' }])
})

test('nor do those of a session', () => {
  const session = new Session(1, 'a', null, 0, makeTerms('native', PRESETS.web), null, 0)
  expect([session.state, session.told, session.hold, session.reason]).toEqual([
    'online',
    'online',
    'none',
    null,
  ])
  for (const state of ['online', 'away', 'suspect', 'ended'] as SessionState[])
    for (const told of ['online', 'away', 'suspect', 'unproven'] as const)
      for (const hold of ['none', 'held', 'paced'] as const)
        for (const reason of REASONS) {
          session.reason = reason
          session.hold = hold
          session.told = told
          session.state = state
          const { state: a, told: b, hold: c, reason: d } = session
          expect([a, b, c, d]).toEqual([state, told, hold, reason])
        }
})

test('what is rare costs nothing once it is over', () => {
  const member = new Member('a', 5)
  const bare = () => (member as unknown as { rare: object | null }).rare === null
  member.settle('offline', 5)
  member.type = null
  expect(bare()).toBe(true)
  member.state = 'suspect'
  member.settle('away', 3)
  member.type = 't'
  expect([member.settledState, member.settledSince, bare()]).toEqual(['away', 3, false])
  member.type = null
  expect([member.settledState, member.settledSince]).toEqual(['away', 3])
  member.state = 'offline'
  member.settle('offline', 5)
  expect([member.settledState, member.settledSince, bare()]).toEqual(['offline', 5, true])
})

test('a suspect of whom no more is kept was online', () => {
  const member = new Member('a', 5)
  member.state = 'suspect'
  expect([member.settledState, member.settledSince]).toEqual(['online', 5])
})
