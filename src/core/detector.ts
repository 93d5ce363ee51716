// The judge of this node's sessions: evidence in, suspicion and end out. It knows sessions and silence, not members,
// stores or sockets; it reads no clock, and everything it wants done it returns as effects.
// A beat has its own door and goes no further than one store into a field.

import type { Reason } from '../protocol/words.ts'
import { admit } from './admission.ts'
import { BREAKER_DEFAULTS, Breaker, type BreakerOptions } from './breaker.ts'
import type { BeginRequest, BreakCause, Details, DetectorEvent, Effect, Refusal } from './change.ts'
import { NEVER } from './clock.ts'
import { hiddenAtLeast, silenceGrace, silentAt } from './deadlines.ts'
import { HoldRoom } from './hold.ts'
import { Outbox } from './outbox.ts'
import { Queue, showedLife } from './queue.ts'
import type { Session } from './session.ts'
import { SessionTable } from './session-table.ts'
import { isOver, judge, nextLook } from './silence.ts'
import { Stalls } from './stalls.ts'
import { TakeOvers } from './take-overs.ts'
import type { Terms } from './terms.ts'
import { TICK } from './timing.ts'
import { Updates } from './updates.ts'
import { comeBack, comebackOf } from './visibility.ts'
import { OFF } from './wheel.ts'

/** Options of the detector. */
export interface DetectorOptions {
  /** Step of the wheel in ms. @default 100 */
  readonly tick?: number
  /** Number of the first session; larger than any number of an earlier run. @default 1 */
  readonly firstId?: number
  readonly breaker?: Partial<BreakerOptions>
}

const SWEEP = 60_000
const RELOOK = 1_000

/** `L` is whatever the owner calls a connection; the detector only compares it. All times are monotonic ms. */
export class Detector<L extends object> {
  readonly table: SessionTable<L>
  readonly breaker: Breaker
  readonly #stalls = new Stalls()
  readonly #takeOvers = new TakeOvers()
  readonly updates = new Updates()
  readonly #queue = new Queue<L>()
  readonly #room = new HoldRoom<L>()
  readonly #fell: Session<L>[] = []
  readonly #visit = (session: Session<L>, at: number): number => this.#look(session, at)
  readonly #out = new Outbox<L>()
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
    this.#handle(event, at)
    return this.#out.take()
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
      case 'enter':
      case 'exit':
        return this.#out.tellGroup(event.type, event.session, at, event.group)
      case 'terms':
        return this.#agree(event.session, event.terms, at)
      case 'restore':
        return this.#schedule(this.table.restore(event.session, at))
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
      case 'conflict':
        return this.#refuse(request, 'instance_conflict')
      case 'occupied':
        return this.#refuse(request, 'occupied')
    }
  }

  #refuse({ link }: BeginRequest<L>, why: Refusal): void {
    if (link !== null) this.#out.emit({ type: 'refused', link, why })
  }

  #create(request: BeginRequest<L>, at: number): void {
    const { member, link, details } = request
    const session = this.table.take(request, at)
    session.frameAt = request.lastEvidenceAt ?? at
    if (request.beat === true) session.beatAt = at
    if (request.away === true) session.hiddenAt = at
    this.#schedule(session)
    this.#out.emit({ type: 'begun', link, session, resumed: false })
    // an update that still waits is older than what the newcomer says
    const waiting = member === null ? null : this.updates.take(member)
    this.#out.tell('begin', session, at, waiting === null ? details : { ...waiting, ...details })
  }

  // The new session is told first, so that the member never seems to leave.
  #replace(request: BeginRequest<L>, at: number): void {
    this.#create(request, at)
    let old = this.table.of(request.member!)!.next
    while (old !== null) {
      const { next, link, terms } = old
      if (!terms.aside) this.#close(old, 'replaced', at)
      if (link !== null) this.#out.emit({ type: 'replaced', link, session: old })
      old = next
    }
  }

  #resume(session: Session<L>, request: BeginRequest<L>, at: number): void {
    const { link, details } = request
    const before = session.link
    session.epoch = request.epoch
    const agreed = this.table.agree(session, request.terms)
    session.link = link
    comeBack(session, request.away === true, at, this.#stalls)
    session.reason = null
    session.hold = 'none'
    session.frameAt = Math.max(session.frameAt, request.lastEvidenceAt ?? at)
    if (request.beat === true) session.beatAt = at
    this.#schedule(session)
    if (before !== null && before !== link) this.#leaveLink(session, before)
    this.#out.emit({ type: 'begun', link, session, resumed: true })
    const change = comebackOf(session) ?? (agreed ? 'update' : null)
    if (change !== null) this.#out.tell(change, session, at)
    if (details !== null) this.#update(session, details, at)
  }

  // A second connection of the same instance proves the first one stale; without an instance it only moves.
  #leaveLink(session: Session<L>, link: L): void {
    if (session.instance === null) this.#out.emit({ type: 'detached', link, session, why: 'moved' })
    else this.#out.emit({ type: 'cut', link, session })
  }

  #ask(old: Session<L>, request: BeginRequest<L>, at: number): void {
    const until = at + old.terms.timing.timeout
    this.#queue.add({ request, old, askedAt: at, until })
    old.probedAt = at
    if (old.link !== null && old.terms.probe) this.#out.emit({ type: 'probe', link: old.link, session: old })
    if (request.link !== null) this.#out.emit({ type: 'waiting', link: request.link, until })
  }

  #answer(at: number): void {
    for (const newcomer of this.#queue.answered(at, this.#stalls)) {
      const { old, request } = newcomer
      const works = old.state !== 'suspect' && old.state !== 'ended'
      if (!works) this.#begin(request, at)
      else if (showedLife(newcomer)) this.#refuse(request, 'occupied')
      else this.#replace(request, at)
    }
  }

  // --- while it lasts

  #broke(session: Session<L>, link: L, cause: BreakCause, at: number): void {
    if (session.link !== link || session.state === 'ended') return
    session.link = null
    if (session.member === null) return this.#close(session, 'lost', at)
    const { terms } = session
    const usual = hiddenAtLeast(session, terms.timing.grace)
    const parked = cause === 'cached' ? Math.max(usual, terms.cachedGrace) : usual
    const grace = cause === 'closed' ? terms.closeGrace : parked
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
    if (session.told === 'away') this.#out.tell('back', session, at)
    this.#schedule(session)
  }

  #update(session: Session<L>, details: Details, at: number): void {
    if (session.member !== null && this.updates.offer(session.member, details, at))
      this.#out.tell('update', session, at, details)
  }

  #agree(session: Session<L>, terms: Terms, at: number): void {
    if (session.state === 'ended') return
    if (this.table.agree(session, terms)) this.#out.tell('update', session, at)
    this.#schedule(session)
  }

  // --- silence

  #tick(at: number): void {
    this.#fell.length = 0
    this.table.wheel.advance(at, this.#visit)
    this.#settleFallen(at)
    if (this.breaker.calmed(this.table.judged, this.#listened(at))) this.#calm(at)
    this.#release(at)
    this.#answer(at)
    this.updates.due(at, (member, details) => this.#tellMerged(member, details, at))
    if (at - this.#sweptAt < SWEEP) return
    this.#sweptAt = at
    this.#takeOvers.sweep(at)
  }

  // What fell silent in one tick is counted before any of it is told or cut.
  #look(session: Session<L>, at: number): number {
    const verdict = judge(session, at, this.#stalls)
    if (session.hold !== 'none' && session.state !== 'suspect' && verdict !== 'silent') session.hold = 'none'
    switch (verdict) {
      case 'silent':
        this.#fell.push(session)
        return OFF
      case 'over':
        return this.#over(session, at)
      case 'tell':
        // nothing is told during a hold; looked at again, but not every tick
        if (this.breaker.held) return Math.min(at + RELOOK, session.until)
        this.#out.tell('suspect', session, at)
        break
      case 'away':
        session.state = 'away'
        session.since = at
        this.#out.tell('away', session, at)
        break
      case 'probe':
        session.probedAt = at
        if (session.link !== null) this.#out.emit({ type: 'probe', link: session.link, session })
    }
    const due = nextLook(session, this.#stalls)
    return due === Number.POSITIVE_INFINITY ? OFF : due
  }

  #settleFallen(at: number): void {
    const silent = this.#fell.reduce((n, session) => n + Number(isNewlySilent(session)), 0)
    if (this.breaker.fell(silent, this.table.judged, this.#listened(at))) this.#emitBreaker(true, silent)
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
      if (terms.onSilence === 'cut') this.#out.emit({ type: 'cut', link, session })
      else this.#out.emit({ type: 'detached', link, session, why: 'silent' })
    }
    if (over) return this.#close(session, 'lost', at)
    this.#suspect(session, at, until, 'lost')
    this.#out.tell('suspect', session, at)
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
    this.#room.release(this.breaker, this.#listened(at), wouldEnd, session => this.#settle(session, at))
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

  // --- ending and telling

  #end(session: Session<L>, reason: Reason, at: number): void {
    if (session.state === 'ended') return
    const { link } = session
    this.#close(session, reason, at)
    if (link !== null) this.#out.emit({ type: 'detached', link, session, why: 'ended' })
  }

  #close(session: Session<L>, reason: Reason, at: number): void {
    session.state = 'ended'
    session.since = at
    session.reason = reason
    session.link = null
    this.table.remove(session)
    this.#flush(session, at)
    this.#out.tell('end', session, at)
  }

  // What a member said of itself must not be lost with its last session.
  #flush(session: Session<L>, at: number): void {
    if (session.member === null || this.table.of(session.member) !== null) return
    const details = this.updates.take(session.member)
    if (details !== null) this.#out.tell('update', session, at, details)
  }

  #tellMerged(member: string, details: Details, at: number): void {
    const session = this.table.of(member)
    if (session !== null) this.#out.tell('update', session, at, details)
  }

  #calm(at: number): void {
    const silent = this.#room.count(session => session.state !== 'ended' && this.isHeld(session, at))
    this.#emitBreaker(false, silent)
  }

  // The breaker's window, hold and pace run only while we listen: a stall calms nobody.
  #listened(at: number): number {
    return at - this.#stalls.total
  }

  #emitBreaker(held: boolean, silent: number): void {
    this.#out.emit({ type: 'breaker', held, silent, sessions: this.table.judged })
  }

  #schedule(session: Session<L>): void {
    const due = nextLook(session, this.#stalls)
    if (due === Number.POSITIVE_INFINITY) this.table.wheel.remove(session)
    else this.table.wheel.insert(session, due)
  }
}

// Counted once, also when it falls again out of the hold room. Who never spoke proves nothing about the network.
function isNewlySilent({ terms, hold }: Session): boolean {
  return terms.evidence !== 'none' && hold === 'none'
}
