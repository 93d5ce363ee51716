// The world of one scenario: a detector, a ledger, a clock, and names for links and sessions. It does what the server
// would do with effects (a link that was cut is gone) and notes what others are told.

import type { DetectorEvent, Effect, SessionChange } from '../../src/core/change.ts'
import { Detector, type DetectorOptions } from '../../src/core/detector.ts'
import { Ledger } from '../../src/core/ledger.ts'
import type { Member } from '../../src/core/member.ts'
import { bestState, type PackedState, putSession } from '../../src/core/member-sessions.ts'
import type { Session } from '../../src/core/session.ts'
import type { Terms } from '../../src/core/terms.ts'
import { type Note, noteStep, printNotes, seconds } from './scenario-printer.ts'

/** A connection as a scenario knows it. */
export interface Link {
  readonly name: string
}

const TICK = 100

export class Stage {
  now = 0
  start = 0
  detector: Detector<Link>
  ledger = new Ledger({ epoch: 1, listing: 'heartbeat' })
  readonly sessions = new Map<string, Session<Link>>()
  readonly muted = new Set<string>()
  /** Links whose browser answers a ping at once. */
  readonly answering = new Set<string>()
  lines: string[] = []
  /** Whether it is printed what those hear who did not ask for suspicions. */
  settled = false
  options: DetectorOptions = {}
  readonly #names = new Map<number, string>()
  readonly #written = new Map<number, { readonly change: SessionChange; readonly terms: Terms }>()
  #restarts = 1

  constructor() {
    this.detector = new Detector({}, 0)
  }

  /** Begins again at `at` with other options; only before anything happened. */
  reset(at: number, options: DetectorOptions): void {
    this.now = at
    this.start = at
    this.options = options
    this.detector = new Detector(options, at)
  }

  session(name: string): Session<Link> {
    const session = this.sessions.get(name)
    if (session === undefined) throw new Error(`no session is called ${name}`)
    return session
  }

  apply(event: DetectorEvent<Link>, name?: string): void {
    this.play([{ event, ...(name !== undefined && { name }) }])
  }

  /** Several events of one moment; what they print is counted together. */
  play(events: readonly { readonly event: DetectorEvent<Link>; readonly name?: string }[]): void {
    const notes: Note[] = []
    for (const { event, name } of events)
      for (const effect of this.detector.apply(event, this.now)) this.#note(effect, name, notes)
    const shown = notes.filter(({ verb }) => !this.muted.has(verb))
    this.lines.push(...printNotes(shown, seconds(this.now, this.start)))
  }

  /** A change that is no session's doing. */
  commit(member: string, patch: Pick<SessionChange, 'kind' | 'details' | 'membership'>): void {
    const { now } = this
    const times = { at: now, since: now, lastEvidenceAt: now, lastBeatAt: now }
    const nobody = { session: 0, reason: null, dialect: 'api', instance: null, epoch: 0, timing: null }
    const notes: Note[] = []
    this.#commit({ member, ...times, ...nobody, ...patch }, notes)
    this.lines.push(...printNotes(notes, seconds(now, this.start)))
  }

  /** Lets time pass with a tick every 100 ms; `each` is called before the tick of its moment. */
  advance(ms: number, every: number, each: () => void): void {
    const end = this.now + ms
    let next = this.now + every
    while (true) {
      const tick = (Math.floor(this.now / TICK) + 1) * TICK
      const to = Math.min(tick, next, end)
      this.now = to
      if (to === next) {
        each()
        next += every
      }
      if (to === tick) this.apply({ type: 'tick' })
      if (to === end) return
    }
  }

  /** The process stands still: no tick, and what came in is read before the next one. */
  stall(ms: number, read: () => void): void {
    this.now += ms
    this.apply({ type: 'stalled', ms })
    read()
    this.apply({ type: 'tick' })
  }

  /** A new process over what the store wrote of the old one. */
  restart(grace: number): void {
    const before = [...this.ledger.members.values()]
    this.ledger = new Ledger({ epoch: ++this.#restarts, listing: 'heartbeat' })
    for (const member of before.toSorted((a, b) => a.since - b.since)) this.ledger.restore(unproven(member))
    this.ledger.restored()
    this.detector = new Detector(this.options, this.now)
    for (const [id, { change, terms }] of this.#written) {
      const { member, instance, epoch, lastEvidenceAt, lastBeatAt } = change
      const away = bestState(this.ledger.members.get(member)!, id) === 'away'
      const session = { id, member, instance, epoch, terms, lastEvidenceAt, lastBeatAt, away, grace }
      this.detector.apply({ type: 'restore', session }, this.now)
    }
    for (const [id, name] of this.#names) {
      const found = this.detector.table.inOrder.after(id - 1, 1)[0]
      if (found?.id === id) this.sessions.set(name, found)
    }
  }

  #note(effect: Effect<Link>, name: string | undefined, notes: Note[]): void {
    if (effect.type === 'change') return this.#commit(effect.change, notes)
    if (effect.type === 'breaker') {
      const { held, silent, sessions } = effect
      notes.push({ verb: held ? 'breaker trips' : 'breaker calm', who: `${silent} of ${sessions}`, rest: '' })
      return
    }
    if (effect.type === 'begun') this.#name(effect.session, name ?? effect.link!.name)
    if (effect.type === 'probe' && this.answering.has(this.#names.get(effect.session.id)!))
      this.detector.control(effect.session, this.now)
    notes.push(this.#describe(effect))
  }

  #describe(effect: Exclude<Effect<Link>, { type: 'change' | 'breaker' }>): Note {
    const link = effect.link?.name ?? ''
    if (effect.type === 'refused') return { verb: 'refused', who: link, rest: effect.why }
    if (effect.type === 'waiting')
      return { verb: 'waiting', who: link, rest: `until ${seconds(effect.until, this.start)}` }
    const who = this.#names.get(effect.session.id)!
    const on = link === who || link === '' ? '' : `on ${link}`
    if (effect.type === 'begun') return { verb: effect.resumed ? 'resumed' : 'begun', who, rest: on }
    return { verb: effect.type, who, rest: effect.type === 'detached' ? `${on} ${effect.why}`.trim() : on }
  }

  #name(session: Session<Link>, name: string): void {
    if (this.#names.has(session.id)) return
    this.#names.set(session.id, name)
    this.sessions.set(name, session)
  }

  #commit(change: SessionChange, notes: Note[]): void {
    const session = this.detector.table.inOrder.after(change.session - 1, 1)[0]
    if (change.kind === 'end') this.#written.delete(change.session)
    else if (session?.id === change.session)
      this.#written.set(change.session, { change, terms: session.terms })
    for (const step of this.ledger.commit([change])) notes.push(noteStep(step, this.start, this.settled))
  }
}

// What a file keeps: each session's state as told, that nobody was heard since, and no view but the state.
function unproven(member: Member): Member {
  member.settle(member.state === 'suspect' ? 'online' : member.state, member.since)
  const { sessions } = member
  const entries = sessions === null ? [] : typeof sessions === 'number' ? [sessions] : sessions
  const states: PackedState[] = ['online', 'away', 'suspect']
  for (const entry of entries) putSession(member, Math.floor(entry / 8), states[entry % 4]!, true)
  return member
}
