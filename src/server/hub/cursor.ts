// Where a watcher stands: a run of this server and the version of the last step it was told. Opaque to clients. A
// forged cursor can only ask for what its watch may see anyway, so it carries no proof.

const LONGEST = 64

/** A cursor that was given back. `reset`: of another run, which cannot be continued. */
export type Position =
  | { readonly ok: true; readonly version: number }
  | { readonly ok: false; readonly code: 'bad_cursor' | 'cursor_ahead' | 'reset' }

/** The cursor after `version` of the run called `run` (letters, digits, `-` and `_`). */
export function cursorAt(run: string, version: number): string {
  return `${run}.${version.toString(36)}`
}

/** Where to go on. `version`: the last one told so far in this run. */
export function positionOf(cursor: string, run: string, version: number): Position {
  const match = cursor.length > LONGEST ? null : /^([\w-]+)\.([0-9a-z]{1,11})$/.exec(cursor)
  const given = Number.parseInt(match?.[2] ?? '', 36)
  if (match === null || !Number.isSafeInteger(given)) return { ok: false, code: 'bad_cursor' }
  if (match[1] !== run) return { ok: false, code: 'reset' }
  return given > version ? { ok: false, code: 'cursor_ahead' } : { ok: true, version: given }
}
