// Carries open sessions over a restart: puts back what the store found, and notes what stays open at a stop.

import { NEVER } from '../core/clock.ts'
import type { Detector } from '../core/detector.ts'
import { lastEvidenceAt } from '../core/session.ts'
import { makeTerms, type Terms } from '../core/terms.ts'
import type { PublishedTerms } from '../dialects/published-terms.ts'
import type { SessionRecord } from '../stores/store.ts'
import type { Connection } from './connection.ts'
import { orNull, type WallTime } from './monotonic.ts'
import type { Port } from './port.ts'
import type { Settings } from './settings.ts'

/** Sessions of an earlier run: suspect for `restartGrace`, longer where they were away; told to nobody. */
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
  for (const record of records) {
    const session = {
      ...record,
      terms: termsOf(record.dialect, settings, port),
      lastEvidenceAt: past(record.lastEvidenceAt),
      lastBeatAt: record.lastBeatAt === null ? NEVER : past(record.lastBeatAt),
      grace: settings.restartGrace,
    }
    detector.apply({ type: 'restore', session }, at)
  }
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
        groups: [],
      },
    ]
  })
}

// Only its dialect and graces matter until the session comes back and takes the terms of its new listener.
function termsOf(dialect: string, settings: Settings, port: Port): Terms {
  const published = new Map<string, PublishedTerms>(Object.entries(port.published))
  return dialect === 'native'
    ? port.native.own
    : (published.get(dialect)?.member ?? makeTerms(dialect, settings.timing))
}
