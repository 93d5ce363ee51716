// The commands of a scenario that tell of groups and statuses, by a session or by the API, and those that print who is
// counted where.

import type { Details, Membership, Status } from '../../src/core/change.ts'
import { printTallies } from './scenario-printer.ts'
import type { Stage } from './scenario-stage.ts'
import { duration, namesOf, type Words } from './scenario-words.ts'

/** Commands by their verb. */
export function factCommands(
  stage: () => Stage,
  detailsOf: (options: Words['options']) => Details | null,
): Record<string, (words: Words) => void> {
  return {
    enter: ({ names }) => moveSession(stage(), 'enter', names),
    exit: ({ names }) => moveSession(stage(), 'exit', names),
    status: ({ names: [name, visibility], options }) => {
      const status = statusOf(visibility, options, stage().now)
      stage().apply({ type: 'update', session: stage().session(name!), details: { status } })
    },
    api: ({ names: [what, member, ...rest], options }) => {
      const { now } = stage()
      const until = untilOf(options, now)
      if (what === 'enter' || what === 'exit')
        for (const group of rest.flatMap(namesOf))
          stage().commit(member!, groupChange(what, { group, until }))
      else if (what === 'status')
        stage().commit(member!, updateOf({ status: statusOf(rest[0], options, now) }))
      else if (what === 'update') stage().commit(member!, updateOf(detailsOf(options)))
      else throw new Error(`the API does not ${what}`)
    },
    settled: () => {
      stage().settled = true
    },
    tally: () => {
      stage().lines.push(...printTallies(stage().ledger))
    },
  }
}

function moveSession(stage: Stage, type: 'enter' | 'exit', [name, ...groups]: readonly string[]): void {
  const session = stage.session(name!)
  stage.play(groups.flatMap(namesOf).map(group => ({ event: { type, session, group } })))
}

function groupChange(kind: 'enter' | 'exit', membership: Membership) {
  return { kind, membership, details: null }
}

function updateOf(details: Details | null) {
  return { kind: 'update', membership: null, details } as const
}

// `hidden text=gone for=10s`; `null` for `none`.
function statusOf(
  visibility: string | undefined,
  options: ReadonlyMap<string, string>,
  now: number,
): Status | null {
  if (visibility === 'none') return null
  if (visibility !== 'hidden' && visibility !== 'shown') throw new Error(`not a visibility: ${visibility}`)
  return { visibility, text: options.get('text') ?? null, until: untilOf(options, now) }
}

// `for=10s`: until then; `null` without it.
function untilOf(options: ReadonlyMap<string, string>, now: number): number | null {
  return options.has('for') ? now + duration(options.get('for')) : null
}
