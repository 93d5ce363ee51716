// Puts together what an answer says: the store's record, with the evidence this node has of its own sessions.
// Reads only.

import type { Detector } from '../core/detector.ts'
import { lastEvidenceAt, type Session } from '../core/session.ts'
import type { MemberRecord } from '../stores/store.ts'
import type { MemberAnswer, SessionAnswer } from './api.ts'
import type { Connection } from './connection.ts'
import { orNull, type WallTime } from './monotonic.ts'

const SLICE = 1_000

export class Views {
  readonly #detector: Detector<Connection>
  readonly #time: WallTime

  constructor(detector: Detector<Connection>, time: WallTime) {
    this.#detector = detector
    this.#time = time
  }

  /** The record with the freshest evidence. */
  member(record: MemberRecord, at: number): MemberAnswer {
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
