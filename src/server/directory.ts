// Answers who is here: members, sessions, groups, history. It puts the store's records together with the evidence of
// this node; it changes nothing.

import type { Clock } from '../core/clock.ts'
import type {
  Awaitable,
  Census,
  EvidenceRecord,
  HistoryPage,
  PageQuery,
  Store,
  Tally,
} from '../stores/store.ts'
import type {
  EvidenceAnswer,
  GroupAnswer,
  MemberAnswer,
  MembersQuery,
  SessionAnswer,
  SessionsQuery,
} from './api.ts'
import type { Committer } from './committer.ts'
import { ordered, TOO_MANY_HITS, tooManyHits } from './member-orders.ts'
import { nextTurn } from './turn.ts'
import type { Views } from './views.ts'

/** Members read at a time where a list is put into another order. */
const SLICE = 1_000

type Filter = Omit<PageQuery, 'order' | 'after' | 'limit'>
type MembersPage = { members: MemberAnswer[]; next: string | null }

/** What it works with. */
export interface DirectoryParts {
  readonly store: Store
  readonly clock: Clock
  readonly committer: Committer
  readonly views: Views
}

export class Directory {
  readonly #parts: DirectoryParts

  constructor(parts: DirectoryParts) {
    this.#parts = parts
  }

  get tally(): Tally {
    return this.#parts.store.tally
  }

  get census(): Census {
    return this.#parts.store.census
  }

  async members(query: MembersQuery): Promise<MembersPage> {
    const { committer, views } = this.#parts
    committer.flush()
    const { after, limit, node, order = 'id' } = query
    if (node !== undefined && node !== views.node) return { members: [], next: null }
    const filter = filterOf(query)
    if (order === 'id') return this.#page(filter, after, limit)
    const hits = this.#known(query)
    const members = hits !== null && hits >= TOO_MANY_HITS ? null : await this.#all(filter)
    if (members === null) throw tooManyHits(order)
    return ordered(members, order, after, limit)
  }

  async member(id: string): Promise<{ member: MemberAnswer; sessions: SessionAnswer[] } | null> {
    const { store, clock, views, committer } = this.#parts
    committer.flush()
    const [record] = await store.lookup([id])
    if (record == null) return null
    const at = clock.now()
    const sessions = views.sessionsOf(id).map(session => views.session(session, at))
    return { member: views.member(record, at), sessions }
  }

  lookup(ids: readonly string[]): Awaitable<readonly (MemberAnswer | null)[]> {
    const { store, clock, views, committer } = this.#parts
    committer.flush()
    const answer = (records: readonly (MemberAnswer | null)[]) => {
      const at = clock.now()
      return records.map(record => record && views.member(record, at))
    }
    const found = store.lookup(ids)
    return found instanceof Promise ? found.then(answer) : answer(found)
  }

  evidence(ids: readonly string[], details: boolean): Awaitable<readonly (EvidenceAnswer | null)[]> {
    const { store, clock, views, committer } = this.#parts
    committer.flush()
    const answer = (records: readonly (EvidenceRecord | null)[]) => {
      const at = clock.now()
      return records.map(record => record && views.member(record, at))
    }
    const found = store.evidence(ids, details)
    return found instanceof Promise ? found.then(answer) : answer(found)
  }

  async history(member: string, before: number | null, limit: number): Promise<HistoryPage> {
    this.#parts.committer.flush()
    return this.#parts.store.history(member, before, limit)
  }

  groups(after: string | null, limit: number): { groups: GroupAnswer[]; next: string | null } {
    this.#parts.committer.flush()
    const found = this.census.groupsAfter(after, limit + 1)
    const groups = found.slice(0, limit).map(({ name, counts }) => ({ group: name, members: { ...counts } }))
    return { groups, next: found.length > limit ? groups.at(-1)!.group : null }
  }

  session(id: string): SessionAnswer | null {
    const { views, clock } = this.#parts
    const session = views.sessionOf(id)
    return session === null ? null : views.session(session, clock.now())
  }

  sessions({ after, limit, anonymous }: SessionsQuery): { sessions: SessionAnswer[]; next: string | null } {
    const { views, clock } = this.#parts
    const at = clock.now()
    const { found, next } = views.page(after === null ? null : Number(after), limit, anonymous)
    return {
      sessions: found.map(session => views.session(session, at)),
      next: next === null ? null : String(next),
    }
  }

  async #page(filter: Filter, after: string | null, limit: number): Promise<MembersPage> {
    const { store, views, clock } = this.#parts
    const page = await store.page({ order: 'id', after, limit, ...filter })
    const at = clock.now()
    const here = filter.here === undefined ? page.members : page.members.filter(({ id }) => views.isHere(id))
    return { members: here.map(record => views.member(record, at)), next: page.next }
  }

  /** All that are hit; `null`: too many. */
  async #all(filter: Filter): Promise<MemberAnswer[] | null> {
    const members: MemberAnswer[] = []
    let after: string | null = null
    do {
      const page = await this.#page(filter, after, SLICE)
      members.push(...page.members)
      if (members.length >= TOO_MANY_HITS) return null
      after = page.next
      if (after !== null) await nextTurn()
    } while (after !== null)
    return members
  }

  /** How many are hit, where that is known without looking. */
  #known({ state, group, type, node, prefix, seen }: MembersQuery): number | null {
    const { census } = this
    if (seen !== undefined || prefix !== undefined || node !== undefined) return null
    const shelf =
      group !== undefined ? census.group(group) : type !== undefined ? census.types.get(type) : census
    if (shelf == null) return 0
    const { online, away, suspect, offline } = shelf.counts
    return state === undefined ? online + away + suspect + offline : shelf.counts[state]
  }
}

function filterOf({ state, group, type, node, prefix, seen }: MembersQuery): Filter {
  return {
    ...(state !== undefined && { state }),
    ...(group !== undefined && (seen === true ? { group } : { memberOf: group })),
    ...(type !== undefined && { type }),
    ...(prefix !== undefined && { prefix }),
    ...(node !== undefined && { here: true as const }),
    ...(seen === true && { seen }),
  }
}
