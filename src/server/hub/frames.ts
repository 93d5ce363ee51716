// Puts frames together from entries that are JSON already: one entry's text serves many watchers, and one frame's
// text serves all who are told the same.

import type { Told } from '../../protocol/messages.ts'

/** Entries in one frame at most. */
export const FRAME_ENTRIES = 500

/** A diff. `cursor`: `null` where another one of the same batch follows. */
export function diffFrame(told: Told, entries: string, cursor: string | null, resumed = false): string {
  return `{"t":"diff",${headOf(told)},"entries":[${entries}]${resumed ? ',"resumed":true' : ''}${tail(cursor)}`
}

/** One part of a snapshot. `cursor`: `null` where another part follows. */
export function snapshotFrame(
  told: Told,
  part: number,
  entries: string,
  cursor: string | null,
  reset: boolean,
): string {
  const flags = `${reset && part === 0 ? ',"reset":true' : ''}${cursor === null ? ',"more":true' : ''}`
  return `{"t":"snapshot",${headOf(told)},"part":${part},"entries":[${entries}]${flags}${tail(cursor)}`
}

/** Entries as diffs: full frames, and a last one that carries the cursor. */
export function diffFrames(told: Told, entries: readonly string[], cursor: string): string[] {
  const frames: string[] = []
  for (let from = 0; from < entries.length; from += FRAME_ENTRIES) {
    const last = from + FRAME_ENTRIES >= entries.length
    const piece = entries.slice(from, from + FRAME_ENTRIES).join(',')
    frames.push(diffFrame(told, piece, last ? cursor : null))
  }
  return frames
}

function headOf({ of, group }: Told): string {
  return group === undefined ? `"of":"${of}"` : `"of":"${of}","group":${JSON.stringify(group)}`
}

function tail(cursor: string | null): string {
  return cursor === null ? '}' : `,"cursor":"${cursor}"}`
}
