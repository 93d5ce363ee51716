// The list of members as an aligned table for a terminal. Text in, text out: it reads no clock and asks no server.

import { fit, textWidth } from './text-width.ts'
import { visible } from './visible.ts'

/** What the table shows of a member; the API's answer has more. */
export interface WhoMember {
  readonly id: string
  readonly name: string | null
  readonly type: string | null
  readonly state: string
  /** `null`: not known. */
  readonly since: number | null
  readonly lastEvidenceAt: number | null
  readonly reason: string | null
  /** Absent of all: the table has no such column. */
  readonly sessions?: number
  readonly held?: boolean
}

const HEADS = ['ID', 'NAME', 'TYPE', 'STATE', 'SINCE', 'LAST EVIDENCE', 'SESSIONS']
const STATES = ['online', 'away', 'suspect', 'offline', 'unknown']
/** Wider texts are cut: `--json` has them whole. */
const MOST_COLUMNS = 32
const GAP = '  '

/** The table with its heads and a line of counts. `now` in ms since 1970. */
export function whoTable(members: readonly WhoMember[], now: number): string {
  if (members.length === 0) return 'nobody\n'
  const heads = members.some(({ sessions }) => sessions !== undefined) ? HEADS : HEADS.slice(0, -1)
  const rows = [heads, ...members.map(member => cells(member, now))]
  const widths = heads.map((_, i) => Math.min(MOST_COLUMNS, widest(rows, i)))
  const lines = rows.map(row =>
    widths
      .map((width, i) => fit(row[i] ?? '', width))
      .join(GAP)
      .trimEnd(),
  )
  return `${lines.join('\n')}\n\n${counts(members)}\n`
}

/** `just now`, `3 min ago`. */
export function ago(at: number, now: number): string {
  const seconds = Math.floor((now - at) / 1_000)
  if (seconds < 1) return 'just now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`
}

// a spread of a hundred thousand rows would overflow the stack
function widest(rows: readonly (readonly string[])[], column: number): number {
  let most = 0
  for (const row of rows) most = Math.max(most, textWidth(row[column] ?? ''))
  return most
}

function cells(member: WhoMember, now: number): string[] {
  const { id, name, type, state, since, lastEvidenceAt, reason, sessions, held } = member
  const why = held ? `${state} (held)` : reason === null ? state : `${state} (${reason})`
  return [
    visible(id),
    visible(name ?? '-'),
    visible(type ?? '-'),
    visible(why),
    since === null ? '-' : ago(since, now),
    lastEvidenceAt === null ? 'never' : ago(lastEvidenceAt, now),
    String(sessions ?? ''),
  ]
}

function counts(members: readonly WhoMember[]): string {
  const by = new Map<string, number>()
  for (const { state } of members) by.set(state, (by.get(state) ?? 0) + 1)
  const parts = STATES.flatMap(state => (by.has(state) ? [`${by.get(state)} ${state}`] : []))
  return `${members.length} ${members.length === 1 ? 'member' : 'members'}: ${parts.join(', ')}`
}
