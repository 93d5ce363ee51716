// One member's steps, newest first: each names the one before it, so reading them costs what is told and needs no index.

import type { Member } from '../../core/member.ts'
import type { Transition } from '../../core/transition.ts'
import type { HistoryPage } from '../store.ts'
import type { Journal } from './journal.ts'

const NOTHING: HistoryPage = { transitions: [], next: null }
const MOST = 1_000

/** A page of what `member` did; of nobody: nothing. */
export async function historyOf(
  journal: Journal,
  member: Member | undefined,
  before: number | null,
  limit: number,
): Promise<HistoryPage> {
  if (member === undefined || member.version === 0) return NOTHING
  const { id, version } = member
  const below = before ?? version + 1
  const most = Math.min(Math.max(1, limit), MOST)
  if (below > version) return walk(journal, id, version, below, most)
  if (below - 1 <= journal.bounds.trimmed) return NOTHING
  // of a page's `next` it is the version below it that is meant; anything else is looked for from the newest on
  const page = await walk(journal, id, below - 1, below, most)
  return page.transitions.length > 0 ? page : walk(journal, id, version, below, most)
}

async function walk(
  journal: Journal,
  member: string,
  from: number,
  before: number,
  limit: number,
): Promise<HistoryPage> {
  const transitions: Transition[] = []
  let at = from
  while (at > journal.bounds.trimmed && transitions.length < limit) {
    const step = journal.recent(at)
    if (step === undefined) {
      const chain = await journal.chain(member, at, before, limit - transitions.length)
      transitions.push(...chain.transitions)
      at = chain.at
    } else {
      if (step.member !== member) return NOTHING
      if (at < before) transitions.push(step)
      at = step.previous
    }
  }
  return { transitions, next: at > journal.bounds.trimmed ? at + 1 : null }
}
