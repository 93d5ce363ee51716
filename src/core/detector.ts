// The judge of this node's sessions: evidence in, suspicion and end out. It knows sessions and silence, not members,
// stores or sockets; it reads no clock, and everything it wants done it returns as effects.
// A beat has its own door and goes no further than one store into a field.

import type { Reason } from '../protocol/words.ts'
import { admit } from './admission.ts'
import { BREAKER_DEFAULTS, Breaker, type BreakerOptions } from './breaker.ts'
import type {
  BeginRequest,
  BreakCause,
  Details,
  DetectorEvent,
  Effect,
  RestoredSession,
  SessionChange,
} from './change.ts'
import { NEVER } from './clock.ts'
import { HoldRoom } from './hold.ts'
import { Queue, showedLife } from './queue.ts'
import { Session } from './session.ts'
import { changeOf } from './session-change.ts'
import { SessionTable } from './session-table.ts'
import { hiddenAtLeast, isOver, judge, nextLook, silenceGrace, silentAt } from './silence.ts'
import { Stalls } from './stalls.ts'
import { TakeOvers } from './take-overs.ts'
import type { Terms } from './terms.ts'
import { TICK } from './timing.ts'
import { Updates } from './updates.ts'
import { OFF } from './wheel.ts'

/** Options of the detector. */
export interface DetectorOptions {
  /** Step of the wheel in ms. @default 100 */
  readonly tick?: number
  /** Number of the first session; larger than any number of an earlier run. @default 1 */
  readonly firstId?: number
  readonly breaker?: Partial<BreakerOptions>
}

const NOTHING: readonly never[] = Object.freeze([])
const SWEEP = 60_000

/** `L` is whatever the owner calls a connection; the detector only compares it. All times are monotonic ms. */
export class Detector<L extends object> {
  readonly table: SessionTable<L>
  readonly breaker: Breaker
  readonly #stalls = new Stalls()
  readonly #takeOvers = new TakeOvers()
  readonly #updates = new Updates()
  readonly #queue = new Queue<L>()
  readonly #room = new HoldRoom<L>()
  readonly #fell: Session<L>[] = []
  readonly #visit = (session: Session<L>, at: number): number => this.#look(session, at)
  #out: readonly Effect<L>[] = NOTHING
  #sweptAt: number

  constructor(options: DetectorOptions, at: number) {
    this.table = new SessionTable({ tick: options.tick ?? TICK, firstId: options.firstId ?? 1 }, at)
    this.breaker = new Breaker({ ...BREAKER_DEFAULTS, ...options.breaker }, at)
    this.#sweptAt = at
  }

  /** A heartbeat came in for this session. */
  beat(session: Session<L>, at: number): void {
    session.beatAt = at
  }

  /** A message that is no heartbeat came in. */
  frame(session: Session<L>, at: number): void {
    if (session.terms.evidence !== 'none') session.frameAt = at
  }

  /** A ping or pong came in. */
  control(session: Session<L>, at: number): void {
    if (session.terms.evidence === 'any') session.frameAt = at
  }

  /** Everything else that happens; the effects are to be carried out in order. */
  apply(event: DetectorEvent<L>, at: number): readonly Effect<L>[] {
    this.#out = NOTHING
    this.#handle(event, at)
    return this.#out
  }

  /** Whether the breaker withholds what silence says of this session. */
  isHeld(session: Session<L>, at: number): boolean {
    return session.hold !== 'none' && (session.state === 'suspect' || at >= silentAt(session, this.#stalls))
  }

  #handle(event: DetectorEvent<L>, at: number): void {
    switch (event.type) {
      case 'begin':
        return this.#begin(event.request, at)
      case 'broke':
        return this.#broke(event.session, event.link, event.cause, at)
      case 'withdraw':
        return this.#queue.withdraw(event.link)
      case 'end':
        return this.#end(event.session, event.reason, at)
      case 'hide':
        return this.#hide(event.session, at)
      case 'show':
        return this.#show(event.session, at)
      case 'update':
        return this.#update(event.session, event.details, at)
      case 'terms':
        return this.#agree(event.session, event.terms)
      case 'restore':
        return this.#restore(event.session, at)
      case 'stalled':
        return this.#stalls.add(event.ms, at)
      case 'tick':
        return this.#tick(at)
    }
  }

  // --- beginning

  #begin(request: BeginRequest<L>, at: number): void {
    const admission = admit(this.table, request, at, this.#stalls, this.#takeOvers)
    switch (admission.say) {
      case 'begin':
        return this.#create(request, at)
      case 'replace':
        return this.#replace(request, at)
      case 'resume':
        return this.#resume(admission.session, request, at)
      case 'probe':
        return this.#ask(admission.session, request, at)
      default:
        this.#emit({
          type: 'refused',
          link: request.link,
          why: admission.say === 'conflict' ? 'instance_conflict' : 'occupied',
        })
    }
  }

  #create(request: BeginRequest<L>, at: number): void {
    const { member, instance, epoch, terms, link, details } = request
    const session = this.table.create(member, instance, epoch, terms, link, at)
    session.frameAt = request.lastEvidenceAt ?? at
    if (request.beat === true) session.beatAt = at
    this.#schedule(session)
    this.#emit({ type: 'begun', link, session, resumed: false })
    this.#tell('begin', session, at, details)
  }

  // The new session is told first, so that the member never seems to leave.
  #replace(request: BeginRequest<L>, at: number): void {
    this.#create(request, at)
    let old = this.table.of(request.member!)!.next
    while (old !== null) {
      const { next, link } = old
      this.#close(old, 'replaced', at)
      if (link !== null) this.#emit({ type: 'replaced', link, session: old })
      old = next
    }
  }

  #resume(session: Session<L>, request: BeginRequest<L>, at: number): void {
    const { link, details } = request
    const before = session.link
    session.epoch = request.epoch
    this.table.agree(session, request.terms)
    session.link = link
    session.state = 'online'
    session.since = at
    session.hiddenAt = NEVER
    session.reason = null
    session.hold = 'none'
    session.frameAt = at
    if (request.beat === true) session.beatAt = at
    this.#schedule(session)
    if (before !== null && before !== link) this.#leaveLink(session, before)
    this.#emit({ type: 'begun', link, session, resumed: true })
    if (session.told === 'away') this.#tell('back', session, at)
    else if (session.told !== 'online') this.#tell('resume', session, at)
    if (details !== null) this.#update(session, details, at)
  }

  // A second connection of the same instance proves the first one stale; without an instance it only moves.
  #leaveLink(session: Session<L>, link: L): void {
    if (session.instance === null) this.#emit({ type: 'detached', link, session, why: 'moved' })
    else this.#emit({ type: 'cut', link, session })
  }

  #ask(old: Session<L>, request: BeginRequest<L>, at: number): void {
    const until = at + old.terms.timing.timeout
    this.#queue.add({ request, old, askedAt: at, until })
    old.probedAt = at
    if (old.link !== null) this.#emit({ type: 'probe', link: old.link, session: old })
    this.#emit({ type: 'waiting', link: request.link, until })
  }

  #answer(at: number): void {
    for (const newcomer of this.#queue.answered(at)) {
      const { old, request } = newcomer
      const works = old.state !== 'suspect' && old.state !== 'ended'
      if (works && showedLife(newcomer)) {
        this.#emit({ type: 'refused', link: request.link, why: 'occupied' })
        continue
      }
      if (works) this.#replace(request, at)
      else this.#begin(request, at)
    }
  }

  #restore(restored: RestoredSession, at: number): void {
    const { id, member, instance, epoch, terms, grace } = restored
    const session = new Session<L>(id, member, instance, epoch, terms, null, at)
    session.frameAt = restored.lastEvidenceAt
    session.beatAt = restored.lastBeatAt
    session.state = 'suspect'
    session.told = 'unproven'
    session.reason = 'node_lost'
    session.until = at + grace
    this.table.restore(session)
    this.#schedule(session)
  }

  // --- while it lasts

  #broke(session: Session<L>, link: L, cause: BreakCause, at: number): void {
    if (session.link !== link || session.state === 'ended') return
    session.link = null
    if (session.member === null) return this.#close(session, 'lost', at)
    const { terms } = session
    const base = cause === 'closed' ? terms.closeGrace : terms.timing.grace
    const grace = cause === 'cached' ? Math.max(base, terms.cachedGrace) : hiddenAtLeast(session, base)
    this.#suspect(session, at, at + grace, cause === 'lost' ? 'lost' : 'closed')
  }

  #suspect(session: Session<L>, at: number, until: number, reason: Reason): void {
    session.state = 'suspect'
    session.since = at
    session.until = until
    session.reason = reason
    if (until <= at) this.#over(session, at)
    else this.#schedule(session)
  }

  #hide(session: Session<L>, at: number): void {
    if (session.state !== 'online' || session.hiddenAt !== NEVER) return
    session.hiddenAt = at
    this.#schedule(session)
  }

  #show(session: Session<L>, at: number): void {
    if (session.state === 'suspect' || session.state === 'ended' || session.hiddenAt === NEVER) return
    session.hiddenAt = NEVER
    if (session.state === 'away') session.since = at
    session.state = 'online'
    if (session.told === 'away') this.#tell('back', session, at)
    this.#schedule(session)
  }

  #update(session: Session<L>, details: Details, at: number): void {
    if (session.member !== null && this.#updates.offer(session.member, details, at))
      this.#tell('update', session, at, details)
  }

  #agree(session: Session<L>, terms: Terms): void {
    this.table.agree(session, terms)
    if (session.state !== 'ended') this.#schedule(session)
  }

  // --- silence

  #tick(at: number): void {
    this.#fell.length = 0
    this.table.wheel.advance(at, this.#visit)
    this.#settleFallen(at)
    if (this.breaker.calmed(this.table.judged, at)) this.#emitBreaker(false, this.#room.size)
    this.#release(at)
    this.#answer(at)
    this.#updates.due(at, (member, details) => this.#tellMerged(member, details, at))
    if (at - this.#sweptAt < SWEEP) return
    this.#sweptAt = at
    this.#takeOvers.sweep(at)
  }

  // What fell silent in one tick is counted before any of it is told or cut.
  #look(session: Session<L>, at: number): number {
    switch (judge(session, at, this.#stalls)) {
      case 'silent':
        this.#fell.push(session)
        return OFF
      case 'over':
        return this.#over(session, at)
      case 'tell':
        if (!this.breaker.held) this.#tell('suspect', session, at)
        break
      case 'away':
        session.state = 'away'
        session.since = at
        this.#tell('away', session, at)
        break
      case 'probe':
        session.probedAt = at
        if (session.link !== null) this.#emit({ type: 'probe', link: session.link, session })
    }
    return this.#next(session, at)
  }

  #settleFallen(at: number): void {
    const silent = this.#fell.reduce((n, { terms }) => (terms.evidence === 'none' ? n : n + 1), 0)
    const tripped = this.breaker.fell(silent, this.table.judged, at)
    if (tripped) this.#emitBreaker(true, silent)
    for (const session of this.#fell) {
      if (session.terms.evidence !== 'none' && (this.breaker.held || session.hold !== 'none'))
        this.#room.enter(session)
      else this.#silent(session, at)
    }
  }

  // I+T are over. With no grace after silence the session ends and its link is cut or kept, as agreed.
  #silent(session: Session<L>, at: number): void {
    const { link, terms } = session
    const over = isOver(session, at, this.#stalls)
    const until = silentAt(session, this.#stalls) + silenceGrace(session)
    if (link !== null) {
      session.link = null
      if (terms.onSilence === 'cut') this.#emit({ type: 'cut', link, session })
      else this.#emit({ type: 'detached', link, session, why: 'silent' })
    }
    if (over) return this.#close(session, 'lost', at)
    this.#suspect(session, at, until, 'lost')
    this.#tell('suspect', session, at)
  }

  #over(session: Session<L>, at: number): typeof OFF {
    if (this.breaker.held || session.hold !== 'none') {
      this.table.wheel.remove(session)
      this.#room.enter(session)
    } else this.#close(session, session.reason ?? 'lost', at)
    return OFF
  }

  #release(at: number): void {
    if (this.#room.size === 0) return
    const wouldEnd = (session: Session<L>) => isOver(session, at, this.#stalls)
    this.#room.release(this.breaker, at, wouldEnd, session => this.#settle(session, at))
  }

  // Leaves the hold room: ends, goes on as suspect under the pace, or was heard of and is as before.
  #settle(session: Session<L>, at: number): void {
    if (session.state === 'ended' || session.slot !== -1) return
    const verdict = judge(session, at, this.#stalls)
    session.hold = verdict === 'silent' ? 'paced' : 'none'
    if (verdict === 'over') this.#close(session, session.reason ?? 'lost', at)
    else if (verdict !== 'silent') this.#schedule(session)
    else this.#silent(session, at)
  }

  // --- ending

  #end(session: Session<L>, reason: Reason, at: number): void {
    if (session.state === 'ended') return
    const { link } = session
    this.#close(session, reason, at)
    if (link !== null) this.#emit({ type: 'detached', link, session, why: 'ended' })
  }

  #close(session: Session<L>, reason: Reason, at: number): void {
    session.state = 'ended'
    session.since = at
    session.reason = reason
    session.link = null
    this.table.remove(session)
    this.#tell('end', session, at)
  }

  // --- telling

  #tell(kind: SessionChange['kind'], session: Session<L>, at: number, details: Details | null = null): void {
    const { member, state } = session
    if (kind !== 'update' && state !== 'ended') session.told = state
    if (member === null) return
    this.#emit({ type: 'change', change: changeOf(kind, session, member, at, details) })
  }

  #tellMerged(member: string, details: Details, at: number): void {
    const session = this.table.of(member)
    if (session !== null) this.#tell('update', session, at, details)
  }

  #emitBreaker(held: boolean, silent: number): void {
    this.#emit({ type: 'breaker', held, silent, sessions: this.table.judged })
  }

  #emit(effect: Effect<L>): void {
    if (this.#out === NOTHING) this.#out = [effect]
    else (this.#out as Effect<L>[]).push(effect)
  }

  #schedule(session: Session<L>): void {
    const due = nextLook(session, this.#stalls)
    if (due === Number.POSITIVE_INFINITY) this.table.wheel.remove(session)
    else this.table.wheel.insert(session, due)
  }

  #next(session: Session<L>, at: number): number {
    const due = nextLook(session, this.#stalls)
    if (due === Number.POSITIVE_INFINITY) return OFF
    // an untold suspicion under a hold is looked at again, not every tick
    return due > at ? due : at + 1_000
  }
}
