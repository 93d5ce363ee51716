// Carries open sessions over a restart: puts back what the store found, and notes what stays open at a stop.

import { NEVER } from '../core/clock.ts'
import type { Detector } from '../core/detector.ts'
import { lastEvidenceAt } from '../core/session.ts'
import { makeTerms, type Terms } from '../core/terms.ts'
import { boundOf } from '../core/timing.ts'
import { HTTP, HTTP_TIMING, HttpTerms, httpTimingOf } from '../dialects/http-terms.ts'
import type { PublishedTerms } from '../dialects/published-terms.ts'
import type { SessionRecord } from '../stores/store.ts'
import type { Connection } from './connection.ts'
import { orNull, type WallTime } from './monotonic.ts'
import type { Port } from './port.ts'
import type { Settings } from './settings.ts'

/**
 * Sessions of an earlier run: suspect for `restartGrace`, longer where they were away, and by HTTP for as long as their next
 * beat may take by what they agreed; told to nobody.
 */
export function restoreSessions(
  detector: Detector<Connection>,
  records: readonly SessionRecord[],
  settings: Settings,
  port: Port,
  time: WallTime,
  at: number,
): void {
  // the wall clock may have been set back since
  const past = (wall: number) => Math.min(time.monotonic(wall), at)
  const published = new Map<string, PublishedTerms>(Object.entries(port.published))
  const http = new HttpTerms(settings.suspectAfter)
  // Only dialect and graces matter until the session comes back and takes the terms of its new listener.
  // What came by HTTP has no listener: its next beat need not say again what was agreed.
  const termsOf = ({ dialect, timing }: SessionRecord): Terms => {
    if (dialect === 'native') return port.native.own
    if (dialect === HTTP) return http.of(timing === null ? HTTP_TIMING : httpTimingOf({ timing }))
    return published.get(dialect)?.member ?? makeTerms(dialect, settings.timing)
  }
  for (const record of records) {
    const terms = termsOf(record)
    const session = {
      ...record,
      terms,
      lastEvidenceAt: past(record.lastEvidenceAt),
      lastBeatAt: record.lastBeatAt === null ? NEVER : past(record.lastBeatAt),
      grace: graceOf(terms, settings.restartGrace),
    }
    detector.apply({ type: 'restore', session }, at)
  }
}

// Counted from the start: the beat before it may not be in the file, and one that was due meanwhile was not heard.
function graceOf({ dialect, timing }: Terms, restartGrace: number): number {
  return dialect === HTTP ? Math.max(restartGrace, boundOf(timing)) : restartGrace
}

/** Sessions with a member that are open now, with their freshest evidence. */
export function openSessions(detector: Detector<Connection>, time: WallTime): SessionRecord[] {
  const sessions = detector.table.inOrder.after(null, detector.table.size)
  return sessions.flatMap(session => {
    const { id, member, instance, epoch, terms, told, wasAway } = session
    if (member === null) return []
    const evidence = time.told(lastEvidenceAt(session))
    const beat = orNull(time.told(session.beatAt))
    const away = wasAway && told !== 'suspect'
    return [
      {
        id,
        member,
        instance,
        epoch,
        dialect: terms.dialect,
        lastEvidenceAt: evidence,
        lastBeatAt: beat,
        away,
        timing: terms.ownTiming ? terms.timing : null,
        groups: [],
      },
    ]
  })
}
