// Puts together what an answer says: the store's record, with the evidence this node has of its own sessions.
// Reads only.

import type { Detector } from '../core/detector.ts'
import { lastEvidenceAt, type Session } from '../core/session.ts'
import type { MemberRecord } from '../stores/store.ts'
import type { SessionAnswer } from './api.ts'
import type { Connection } from './connection.ts'
import { orNull, type WallTime } from './monotonic.ts'
import type { SessionData } from './session-data.ts'

const SLICE = 1_000

/** What it looks at. */
export interface ViewParts {
  readonly detector: Detector<Connection>
  readonly time: WallTime
  readonly sessionData: Pick<SessionData, 'of'>
  /** Name of this node. */
  readonly node: string
}

/** What of a member the evidence of this node may make fresher. */
type Known = Pick<MemberRecord, 'id' | 'state' | 'lastEvidenceAt' | 'lastBeatAt'>

export class Views {
  readonly #parts: ViewParts
  readonly #detector: Detector<Connection>
  readonly #time: WallTime

  constructor(parts: ViewParts) {
    this.#parts = parts
    this.#detector = parts.detector
    this.#time = parts.time
  }

  /** Name of this node. */
  get node(): string {
    return this.#parts.node
  }

  /** Whether a member has a session on this node. */
  isHere(member: string): boolean {
    return this.#detector.table.of(member) !== null
  }

  /** The record with the freshest evidence. */
  member<R extends Known>(record: R, at: number): R & { readonly held?: true } {
    let { lastEvidenceAt: evidence, lastBeatAt: beat } = record
    let held = false
    let session = record.state === 'offline' ? null : this.#detector.table.of(record.id)
    for (; session !== null; session = session.next) {
      evidence = latest(evidence, orNull(this.#time.told(lastEvidenceAt(session))))
      beat = latest(beat, orNull(this.#time.told(session.beatAt)))
      held ||= this.#detector.isHeld(session, at)
    }
    // most records of a long answer are as they were written, and a copy of each costs more than all the rest
    if (!held && evidence === record.lastEvidenceAt && beat === record.lastBeatAt) return record
    return { ...record, lastEvidenceAt: evidence, lastBeatAt: beat, ...(held && { held: true as const }) }
  }

  session(session: Session<Connection>, at: number): SessionAnswer {
    const { id, member, link, terms, state, reason } = session
    return {
      id: String(id),
      member,
      clientId: link?.clientId ?? null,
      dialect: terms.dialect,
      state: state === 'ended' ? 'suspect' : state,
      since: this.#time.told(session.since),
      beganAt: this.#time.told(session.beganAt),
      lastEvidenceAt: this.#time.told(lastEvidenceAt(session)),
      lastBeatAt: orNull(this.#time.told(session.beatAt)),
      reason: state === 'suspect' ? reason : null,
      address: link?.address ?? null,
      rtt: link?.rtt ?? null,
      node: this.#parts.node,
      expires: link?.expires ?? null,
      data: this.#parts.sessionData.of(String(id)),
      ...(this.#detector.isHeld(session, at) && { held: true as const }),
    }
  }

  /** Sessions in order of their number, with a member or without; observers are in no list. `next`: where to go on. */
  page(
    after: number | null,
    limit: number,
    anonymous: boolean,
  ): { found: Session<Connection>[]; next: number | null } {
    const found: Session<Connection>[] = []
    let from = after
    while (true) {
      const slice = this.#detector.table.inOrder.after(from, SLICE)
      for (const session of slice) {
        if ((session.member === null) === anonymous && session.link?.stage !== 'observer') found.push(session)
        if (found.length === limit) return { found, next: session.id }
      }
      if (slice.length < SLICE) return { found, next: null }
      from = slice.at(-1)!.id
    }
  }

  /** The open session of this id; `null`: there is none. */
  sessionOf(id: string): Session<Connection> | null {
    if (!/^\d{1,16}$/.test(id)) return null
    const [found] = this.#detector.table.inOrder.after(Number(id) - 1, 1)
    return found !== undefined && String(found.id) === id ? found : null
  }

  /** Sessions of a member on this node, oldest first. */
  sessionsOf(member: string): Session<Connection>[] {
    const found: Session<Connection>[] = []
    for (let s = this.#detector.table.of(member); s !== null; s = s.next) found.push(s)
    return found.reverse()
  }
}

function latest(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b > a) ? b : a
}
