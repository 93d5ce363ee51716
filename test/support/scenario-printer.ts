// Puts effects and transitions into lines a person can check. What happens to many at once becomes one line.

import { NEVER } from '../../src/core/clock.ts'
import type { Member } from '../../src/core/member.ts'
import { sessionCount, shownState } from '../../src/core/member-sessions.ts'
import type { Transition } from '../../src/core/transition.ts'

/** A line to be: `what` is common to those that may be counted together, `who` tells them apart. */
export interface Note {
  readonly verb: string
  readonly who: string
  readonly rest: string
}

/** More of one kind than this in one moment are only counted. */
const MOST = 4
const EPOCH = 2 ** 32

/** Lines for what happened at one moment, in order. */
export function printNotes(notes: readonly Note[], time: string): string[] {
  const groups = new Map<string, number>()
  const keyOf = ({ verb, rest }: Note) => `${verb} ${rest.replace(/ ?\bv\d+.*/, '')}`.trim()
  for (const note of notes) groups.set(keyOf(note), (groups.get(keyOf(note)) ?? 0) + 1)
  const counted = new Set<string>()
  return notes.flatMap(note => {
    const key = keyOf(note)
    const count = groups.get(key)!
    if (count <= MOST) return [`${time} ${note.verb} ${note.who} ${note.rest}`.trim().replace(/ +/g, ' ')]
    if (counted.has(key)) return []
    counted.add(key)
    return [`${time} ${key} x${count}`]
  })
}

/** Seconds since the scenario's start; `never` where nothing happened. */
export function seconds(at: number, start: number): string {
  if (at === NEVER) return 'never'
  const text = ((at - start) / 1_000).toFixed(3).replace(/0{1,2}$/, '')
  return text
}

/** What a transition tells, besides its time. */
export function noteTransition(step: Transition, start: number): Note {
  const { kind, member, state, reason, version, since, at } = step
  const rest = [
    kind === 'join' || kind === 'resume' || kind === 'back' ? state : '',
    reason ?? '',
    `v${version % EPOCH}`,
    since === at || kind === 'update' ? '' : `since=${seconds(since, start)}`,
    kind === 'leave'
      ? `joined=${seconds(step.joinedAt, start)} evidence=${seconds(step.lastEvidenceAt, start)}`
      : '',
    kind === 'update' ? detailsOf(step) : '',
  ]
  return { verb: `> ${kind}`, who: member, rest: rest.filter(part => part !== '').join(' ') }
}

/** One member as an answer would say it. */
export function printMember(member: Member, start: number): string {
  const { id, since, joinedAt, reason, lastEvidenceAt, lastBeatAt, version } = member
  const told = `told=${member.state} since=${seconds(since, start)} joined=${seconds(joinedAt, start)}`
  const evidence = `evidence=${seconds(lastEvidenceAt, start)} beat=${seconds(lastBeatAt, start)}`
  const details = detailsOf(member)
  return `${id}: ${shownState(member)} ${told} ${evidence} reason=${reason ?? '-'} sessions=${sessionCount(member)} v${version % EPOCH} ${details}`.trim()
}

function detailsOf({ name, type, profile }: Pick<Transition, 'name' | 'type' | 'profile'>): string {
  const parts = [
    name && `name=${name}`,
    type && `type=${type}`,
    profile && `profile=${JSON.stringify(profile)}`,
  ]
  return parts.filter(Boolean).join(' ')
}
