// Makes session changes and waits for a store: what the suites of the stores share.

import type { SessionChange } from '../../src/core/change.ts'
import { NEVER } from '../../src/core/clock.ts'
import type { Transition } from '../../src/core/transition.ts'
import type { Store } from '../../src/stores/store.ts'

/** 2026-11-01, in ms since 1970. */
export const T0 = Date.UTC(2026, 10, 1)

/** A change of session `session` of `member`; `more` overrides. */
export function change(
  kind: SessionChange['kind'],
  session: number,
  member: string,
  more: Partial<SessionChange> = {},
): SessionChange {
  const at = more.at ?? T0 + session
  return {
    kind,
    session,
    member,
    at,
    since: at,
    lastEvidenceAt: at,
    lastBeatAt: NEVER,
    reason: kind === 'end' || kind === 'suspect' ? 'lost' : null,
    dialect: 'heartbeat',
    instance: null,
    epoch: 0,
    timing: null,
    details: null,
    membership: null,
    ...more,
  }
}

/** Session `session` (0: the API) enters or leaves `group`. */
export function inGroup(
  kind: 'enter' | 'exit',
  session: number,
  member: string,
  group: string,
  until: number | null = null,
): SessionChange {
  return change(kind, session, member, { membership: { group, until } })
}

/** Asks again and again until it is so; rejects after `ms`. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  ms = 10_000,
): Promise<void> {
  const end = Date.now() + ms
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not so within ${ms} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** Waits until everything committed is durable. */
export function settled(store: Store): Promise<void> {
  return until('nothing pending', () => store.health.pending === 0)
}

/** Reads the log from `cursor` to its end. */
export async function readAll(store: Store, cursor: string | null = null): Promise<Transition[]> {
  const found: Transition[] = []
  for (;;) {
    const batch = await store.readLog(cursor ?? 'oldest', 300)
    if (batch.transitions.length === 0) return found
    found.push(...batch.transitions)
    cursor = batch.cursor
  }
}
