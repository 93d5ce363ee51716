// A naive second opinion on what others are told of members: groups as sets by session, the settled view as a list of
// steps would give it, and versions of hiding. It takes changes and steps, and complains in words.

import type { SessionChange, Status } from '../../src/core/change.ts'
import type { Ledger } from '../../src/core/ledger.ts'
import type { MemberStatus, Step } from '../../src/core/transition.ts'
import { catalogued, groupsOf, plainTally, recatalogued, recount } from './store-recount.ts'

interface View {
  /** Groups by the session that made the membership; 0: the API. */
  readonly made: Map<number, Set<string>>
  /** Groups in which others find it, as told. */
  told: ReadonlySet<string>
  settled: { readonly state: string; readonly since: number }
  status: MemberStatus | null
  /** Name, type and profile as others see them: those of the last step that was told of it while it was shown. */
  face: unknown
}

/** Groups stay below the limit here. */
export class Seen {
  readonly complaints: string[] = []
  readonly #views = new Map<string, View>()

  /** To be called with every change and what the ledger made of it. */
  take(change: SessionChange, steps: readonly Step[]): void {
    // who is not known leaves nothing, and is not known by that
    if (change.kind === 'exit' && !this.#views.has(change.member)) return
    const view = this.#view(change)
    place(view.made, change)
    for (const step of steps) this.#step(step, view, change)
    this.#same(`groups told of ${change.member}`, [...view.told].sort(), seenOf(view))
  }

  /** What the ledger holds now is what was told of it, and is counted right. */
  compare(ledger: Ledger): void {
    for (const member of ledger.members.values()) {
      const view = this.#views.get(member.id)
      if (view === undefined) continue
      const { settledState: state, settledSince: since, status } = member
      this.#same(`groups of ${member.id}`, (member.memberships?.all() ?? []).sort(), unionOf(view))
      this.#same(`groups seen of ${member.id}`, groupsOf(member).sort(), [...view.told].sort())
      this.#same(`settled view of ${member.id}`, { state, since }, view.settled)
      this.#same(`status of ${member.id}`, status, view.status)
    }
    const members = [...ledger.members.values()]
    this.#same('tally', sorted(plainTally(ledger.tallies)), sorted(recount(members)))
    this.#same('catalog', sorted(catalogued(ledger.catalog)), sorted(recatalogued(members)))
  }

  #view({ member, since }: SessionChange): View {
    const view = this.#views.get(member) ?? {
      made: new Map(),
      told: new Set(),
      settled: { state: 'offline', since },
      status: null,
      face: null,
    }
    this.#views.set(member, view)
    return view
  }

  #step(step: Step, view: View, { at, details }: SessionChange): void {
    const { state, settledState, settledChanged, entered, exited, status, version } = step
    for (const group of entered) if (view.told.has(group)) this.complaints.push(`${group} entered twice`)
    for (const group of exited) if (!view.told.has(group)) this.complaints.push(`${group} left from outside`)
    view.told = new Set([...view.told, ...entered].filter(group => !exited.includes(group)))
    this.#same('groups seen by the step', [...step.seenGroups].sort(), [...view.told].sort())
    const before = view.settled
    const moved = state === 'suspect' ? before.state === 'offline' : state !== before.state
    if (moved) view.settled = { state: state === 'suspect' ? 'online' : state, since: step.since }
    this.#same('settled state of the step', [settledState, step.settledSince], Object.values(view.settled))
    this.#same('settledChanged', settledChanged, moved)
    const hid = visibilityOf(status) !== visibilityOf(view.status)
    if (hid || visibilityOf(status) === 'shown') view.face = faceOf(step)
    this.#same('face', status?.shownAs ? faceOf(status.shownAs) : faceOf(step), view.face)
    if (hid) this.#same('hidden since', [status?.since, status?.version], [at, version])
    else if (status !== null) this.#same('still since', status.since, view.status?.since ?? 0)
    if (JSON.stringify(status) !== JSON.stringify(view.status) && !step.detailed)
      this.complaints.push('a status changed without a word')
    if (details?.status !== undefined && step.kind === 'update') this.#said(status, details.status, at)
    view.status = status
  }

  #said(status: MemberStatus | null, said: Status | null, at: number): void {
    const over = said === null || (said.until !== null && said.until <= at)
    this.#same('visibility', visibilityOf(status), over ? 'shown' : said.visibility)
    this.#same('text', status?.text ?? null, over ? null : said.text)
  }

  #same(what: string, found: unknown, wanted: unknown): void {
    const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)]
    if (is !== should) this.complaints.push(`${what}: ${is}, not ${should}`)
  }
}

function place(made: View['made'], { kind, session, membership }: SessionChange): void {
  if (kind === 'begin' || session === 0) made.set(session, made.get(session) ?? new Set())
  if (kind === 'end') made.delete(session)
  if (kind === 'enter') made.get(session)?.add(membership!.group)
  if (kind === 'exit') made.get(session)?.delete(membership!.group)
}

function unionOf({ made }: View): string[] {
  return [...new Set([...made.values()].flatMap(groups => [...groups]))].sort()
}

// Of who is hidden others see only what the API made.
function seenOf(view: View): string[] {
  return visibilityOf(view.status) === 'hidden' ? [...(view.made.get(0) ?? [])].sort() : unionOf(view)
}

function visibilityOf(status: Status | null): Status['visibility'] {
  return status?.visibility ?? 'shown'
}

function faceOf({ name, type, profile }: Pick<Step, 'name' | 'type' | 'profile'>): unknown {
  return [name, type, profile]
}

function sorted<T>(plain: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(plain).sort(([a], [b]) => (a < b ? -1 : 1))
}
