// A naive second opinion on the detector and the ledger, for random sequences: it keeps the listened time of every
// session's last evidence in plain maps, recounts everything, and complains in words.

import type { BreakCause, Details, DetectorEvent, Effect, SessionChange } from '../../src/core/change.ts'
import { Detector } from '../../src/core/detector.ts'
import { Ledger } from '../../src/core/ledger.ts'
import { bestState } from '../../src/core/member-sessions.ts'
import type { Session } from '../../src/core/session.ts'
import type { Terms } from '../../src/core/terms.ts'
import type { Step } from '../../src/core/transition.ts'
import { Seen } from './scenario-seen.ts'

/** A connection of a random run. */
export interface ModelLink {
  readonly no: number
  /** Its hello said that nobody is at it. */
  readonly away: boolean
}

interface Known {
  readonly session: Session<ModelLink>
  /** Listened time of the last evidence. */
  heard: number
  /** Listened time of the break; `null` while no break is known. */
  broke: { readonly at: number; readonly grace: number } | null
  /** The longest patience it ever had since its last evidence, so that the bound holds for any order of hiding. */
  hidden: boolean
  wasHidden: boolean
  /** Told as away, suspicions apart. */
  away: boolean
}

const TICK = 100
const STATES = ['online', 'away', 'suspect', 'offline'] as const

export class Model {
  now: number
  readonly detector: Detector<ModelLink>
  readonly ledger = new Ledger({ epoch: 7 })
  readonly #seen = new Seen()
  readonly complaints = this.#seen.complaints
  #stalled = 0
  #links = 0
  #version = 0
  #held = false
  readonly #open = new Map<number, Known>()
  readonly #ended = new Set<number>()
  readonly #present = new Map<string, boolean>()

  constructor(start: number, least: number) {
    this.now = start
    this.detector = new Detector({ breaker: { least, hold: 8_000 } }, start)
  }

  /** Open sessions, oldest first. */
  get sessions(): Session<ModelLink>[] {
    return [...this.#open.values()].map(({ session }) => session)
  }

  begin(member: string, instance: string | null, epoch: number, terms: Terms, away = false): void {
    const link = { no: ++this.#links, away }
    this.#apply({ type: 'begin', request: { member, instance, epoch, terms, link, details: null, away } })
  }

  evidence(session: Session<ModelLink>, kind: 'beat' | 'frame' | 'control'): void {
    if (session.link === null) return
    this.detector[kind](session, this.now)
    if (kind === 'control' && session.terms.evidence !== 'any') return
    const known = this.#open.get(session.id)!
    known.heard = this.#listened
    known.wasHidden = known.hidden
  }

  broke(session: Session<ModelLink>, cause: BreakCause): void {
    const { link, terms } = session
    if (link === null) return
    const known = this.#open.get(session.id)!
    const lost = known.hidden ? Math.max(terms.timing.grace, terms.cachedGrace) : terms.timing.grace
    const grace =
      cause === 'closed' ? terms.closeGrace : cause === 'cached' ? Math.max(lost, terms.cachedGrace) : lost
    known.broke = { at: this.#listened, grace }
    this.#apply({ type: 'broke', session, link, cause })
  }

  end(session: Session<ModelLink>): void {
    this.#apply({ type: 'end', session, reason: 'left' })
  }

  see(session: Session<ModelLink>, type: 'hide' | 'show'): void {
    if (session.link === null) return
    this.evidence(session, 'frame')
    const known = this.#open.get(session.id)!
    known.hidden = type === 'hide'
    known.wasHidden ||= known.hidden
    this.#apply({ type, session })
  }

  update(session: Session<ModelLink>, details: Details): void {
    this.#apply({ type: 'update', session, details })
  }

  move(session: Session<ModelLink>, type: 'enter' | 'exit', group: string): void {
    this.#apply({ type, session, group })
  }

  /** A change that is no session's doing. */
  api(member: string, patch: Pick<SessionChange, 'kind' | 'details' | 'membership'>): void {
    const { now } = this
    const times = { at: now, since: now, lastEvidenceAt: now, lastBeatAt: now }
    const nobody = { session: 0, reason: null, dialect: 'api', instance: null, epoch: 0, timing: null }
    this.#commit({ member, ...times, ...nobody, ...patch })
  }

  advance(ms: number): void {
    const end = this.now + ms
    for (let tick = (Math.floor(this.now / TICK) + 1) * TICK; tick <= end; tick += TICK) {
      this.now = tick
      this.#tick()
    }
    this.now = end
    this.#seen.compare(this.ledger)
  }

  stall(ms: number): void {
    this.now += ms
    this.#stalled += ms
    this.#apply({ type: 'stalled', ms })
    this.#tick()
  }

  get #listened(): number {
    return this.now - this.#stalled
  }

  #tick(): void {
    this.#apply({ type: 'tick' })
    for (const known of this.#open.values()) this.#notTooLate(known)
    this.#recount()
  }

  #apply(event: DetectorEvent<ModelLink>): void {
    for (const effect of this.detector.apply(event, this.now)) this.#take(effect)
  }

  #take(effect: Effect<ModelLink>): void {
    if (effect.type === 'breaker') this.#held = effect.held
    if (effect.type === 'begun') this.#begun(effect.session, effect.link!.away)
    if (effect.type !== 'change') return
    this.#change(effect.change)
    this.#commit(effect.change)
  }

  #commit(change: SessionChange): void {
    const steps = this.ledger.commit([change])
    for (const step of steps) this.#step(step)
    this.#seen.take(change, steps)
  }

  #begun(session: Session<ModelLink>, hidden: boolean): void {
    if (this.#ended.has(session.id)) this.complaints.push(`session ${session.id} began after its end`)
    const heard = this.#listened
    const away = this.#open.get(session.id)?.away ?? false
    this.#open.set(session.id, { session, heard, broke: null, hidden, wasHidden: hidden, away })
  }

  #change(change: SessionChange): void {
    const known = this.#open.get(change.session)
    if (change.kind === 'suspect' && known?.broke === null) this.#notTooEarly(known, 0, 'suspect')
    if (known !== undefined) this.#settled(known, change)
    if (change.kind !== 'end') return
    if (this.#ended.has(change.session)) this.complaints.push(`session ${change.session} ended twice`)
    if (known !== undefined && (change.reason === 'lost' || change.reason === 'closed'))
      this.#notTooEarly(known, known.session.terms.silenceGrace, 'end')
    this.#ended.add(change.session)
    this.#open.delete(change.session)
  }

  // Who is hidden and was told as away is not told as anything better.
  #settled(known: Known, { kind, session }: SessionChange): void {
    const better = kind === 'back' || kind === 'resume'
    if (better && known.hidden && known.away) this.complaints.push(`${kind} of ${session}, which is hidden`)
    if (kind === 'away' && !known.hidden) this.complaints.push(`${session} is away, but not hidden`)
    if (kind === 'away') known.away = true
    else if (better || kind === 'begin') known.away = false
  }

  #notTooEarly({ session, heard, broke }: Known, grace: number, what: string): void {
    const { interval, timeout } = session.terms.timing
    const from = broke === null ? heard : broke.at
    const least = broke === null ? interval + timeout + grace : broke.grace
    if (this.#listened - from < least)
      this.complaints.push(`${what} of ${session.id} after ${this.#listened - from} ms, not ${least}`)
  }

  #notTooLate({ session, heard, broke, wasHidden }: Known): void {
    const { terms } = session
    const { interval, timeout } = terms.timing
    if (!terms.judged || this.#held || session.hold !== 'none') return
    const wider = (ms: number) => (wasHidden && ms > 0 ? Math.max(ms, terms.cachedGrace) : ms)
    const patience = terms.evidence === 'beat' || !terms.probe ? wider(timeout) : timeout
    const most = broke === null ? interval + patience + wider(terms.silenceGrace) : broke.grace
    const since = this.#listened - (broke === null ? heard : broke.at)
    if (since > most + 2 * TICK)
      this.complaints.push(`${session.id} still open after ${since} ms, not ${most}`)
  }

  #step({ kind, member, version }: Step): void {
    if (version <= this.#version) this.complaints.push(`version ${version} after ${this.#version}`)
    this.#version = version
    if (kind !== 'join' && kind !== 'leave') return
    const present = this.#present.get(member) ?? false
    if (present === (kind === 'join')) this.complaints.push(`${kind} of ${member} twice`)
    this.#present.set(member, kind === 'join')
  }

  #recount(): void {
    const counts = { online: 0, away: 0, suspect: 0, offline: 0 }
    for (const member of this.ledger.members.values()) {
      counts[member.state]++
      if (member.state !== bestState(member)) this.complaints.push(`${member.id} is not as its best session`)
      if ((member.state === 'offline') !== this.ledger.offline.has(member))
        this.complaints.push(`${member.id} in the wrong list`)
    }
    for (const state of STATES)
      if (counts[state] !== this.ledger.counts[state]) this.complaints.push(`counts.${state} is wrong`)
    const { size, judged, wheel } = this.detector.table
    if (size !== this.#open.size || judged !== size)
      this.complaints.push(`${size} in the table, ${judged} judged`)
    const on = this.sessions.filter(({ slot }) => slot !== -1).length
    if (wheel.size !== on) this.complaints.push(`${wheel.size} on the wheel, not ${on}`)
  }
}
