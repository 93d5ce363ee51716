// Reads what a server sent: it may be of another version, or no presence server at all. What cannot be understood is
// `null`; nothing here throws.

import type { Entry, ServerMessage } from '../protocol/messages.ts'

export type Frame<T extends ServerMessage['t']> = Extract<ServerMessage, { t: T }>

/** A JSON object with a string `t`; what else is in it is still to be looked at. */
export function readFrame(text: string): ServerMessage | null {
  try {
    const frame = JSON.parse(text)
    return typeof frame?.t === 'string' ? frame : null
  } catch {
    return null
  }
}

export function isWelcome({ timing, session, now }: Frame<'welcome'>): boolean {
  return isTime(timing?.interval, 1) && isTime(timing.timeout) && typeof session === 'string' && isTime(now)
}

export function isWindow({ retryAfter }: Frame<'moved'>): boolean {
  return isTime(retryAfter?.min) && isTime(retryAfter.max)
}

export function areEntries(entries: unknown): entries is readonly Entry[] {
  return Array.isArray(entries) && entries.every(isEntry)
}

export function isTime(value: unknown, least = 0): value is number {
  return typeof value === 'number' && value >= least && value < Number.MAX_SAFE_INTEGER
}

function isEntry(entry: Entry | null): boolean {
  return typeof entry?.member === 'string' && typeof entry.state === 'string'
}
