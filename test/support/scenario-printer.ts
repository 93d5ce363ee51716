// Puts effects and transitions into lines a person can check. What happens to many at once becomes one line.

import { NEVER } from '../../src/core/clock.ts'
import type { Ledger } from '../../src/core/ledger.ts'
import type { Member } from '../../src/core/member.ts'
import { sessionCount, shownState } from '../../src/core/member-sessions.ts'
import { seenGroups, type Tallies } from '../../src/core/tally.ts'
import type { MemberStatus, Step } from '../../src/core/transition.ts'

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

/** What a step tells, besides its time; with `settled` also what those hear who did not ask for suspicions. */
export function noteStep(step: Step, start: number, settled: boolean): Note {
  const { kind, member, state, reason, version, since, at } = step
  const rest = [
    kind === 'join' || kind === 'resume' || kind === 'back' ? state : '',
    reason ?? '',
    `v${version % EPOCH}`,
    since === at || kind === 'update' ? '' : `since=${seconds(since, start)}`,
    kind === 'leave'
      ? `joined=${seconds(step.joinedAt, start)} evidence=${seconds(step.lastEvidenceAt, start)}`
      : '',
    kind === 'update' && step.detailed ? detailsOf(step, start) : '',
    ...step.entered.map(group => `+${group}`),
    ...step.exited.map(group => `-${group}`),
    settled ? heard(step, start) : '',
  ]
  return { verb: `> ${kind}`, who: member, rest: rest.filter(part => part !== '').join(' ') }
}

/** One member as an answer would say it. */
export function printMember(member: Member, start: number, settled: boolean): string {
  const { id, since, joinedAt, reason, lastEvidenceAt, lastBeatAt, version } = member
  const told = `told=${member.state} since=${seconds(since, start)} joined=${seconds(joinedAt, start)}`
  const evidence = `evidence=${seconds(lastEvidenceAt, start)} beat=${seconds(lastBeatAt, start)}`
  const groups = member.memberships?.all().sort().join(',')
  const details = [
    detailsOf(member, start),
    groups && `groups=${groups}`,
    settled && `settled=${member.settledState}@${seconds(member.settledSince, start)}`,
  ]
  return `${id}: ${shownState(member)} ${told} ${evidence} reason=${reason ?? '-'} sessions=${sessionCount(member)} v${version % EPOCH} ${details.filter(Boolean).join(' ')}`.trim()
}

/** Numbers of all, of each type and of each group with its members; what is 0 is left out. */
export function printTallies({ tallies: { seen, types, groups }, catalog }: Ledger): string[] {
  const lines = [`all ${numbersOf(seen)}`, ...typesOf('', types)]
  for (const [name, group] of groups) {
    const inIt = catalog.group(name)?.inOrder.after(null, 100) ?? []
    const members = inIt.filter(member => seenGroups(member).includes(name)).map(({ id }) => id)
    lines.push(`group ${name} ${numbersOf(group.seen)}: ${members.join(' ')}`)
    lines.push(...typesOf(`group ${name} `, group.types))
  }
  return lines
}

function typesOf(head: string, types: Tallies['types']): string[] {
  return [...types].map(([type, seen]) => `${head}type ${type} ${numbersOf(seen)}`)
}

function numbersOf(seen: Tallies['seen']): string {
  const parts = Object.entries(seen).flatMap(([key, count]) => (count === 0 ? [] : [`${key}=${count}`]))
  return parts.join(' ') || 'nobody'
}

function heard(step: Step, start: number): string {
  const { settledState, settledSince, settledChanged, detailed } = step
  if (!settledChanged) return detailed ? '| details' : '| nothing'
  return `| ${settledState}${settledSince === step.at ? '' : ` since=${seconds(settledSince, start)}`}`
}

function detailsOf(
  { name, type, profile, status }: Pick<Step, 'name' | 'type' | 'profile' | 'status'>,
  start: number,
): string {
  const parts = [
    name && `name=${name}`,
    type && `type=${type}`,
    profile && `profile=${JSON.stringify(profile)}`,
    status && `status=${statusOf(status, start)}`,
  ]
  return parts.filter(Boolean).join(' ')
}

// `hidden(text)@since:version until=…`; what is default is left out
function statusOf({ visibility, text, until, since, version }: MemberStatus, start: number): string {
  const said = text === null ? visibility : `${visibility}(${text})`
  const moved = version === 0 ? '' : `@${seconds(since, start)}:v${version % EPOCH}`
  return `${said}${moved}${until === null ? '' : ` until=${seconds(until, start)}`}`
}
