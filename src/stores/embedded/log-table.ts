// The log in the data file, as its thread sees it: reads pieces and chains of it, cuts it, and strikes out what it says
// of a member that is erased.

import type { DatabaseSync } from 'node:sqlite'
import { COLUMNS, type Value } from './columns.ts'
import type { Question, Rows } from './messages.ts'
import { selectFrom } from './schema.ts'

type Of<K extends Question['do']> = Question & { readonly do: K }

/** Rows of a chain that are looked at for one answer: writers wait meanwhile. */
const LOOKED_AT = 1_000
const MEMBER = COLUMNS.transitions.indexOf('member')
const PREVIOUS = COLUMNS.transitions.indexOf('previous')

export class LogTable {
  readonly #db: DatabaseSync
  readonly #statements: ReturnType<typeof prepare>

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#statements = prepare(db)
  }

  read({ after, upTo, limit }: Of<'read'>): Value[] {
    return (this.#statements.read.all(after, upTo, limit) as unknown as Value[][]).flat()
  }

  chain({ member, from, before, limit }: Of<'chain'>): Rows {
    const rows: Value[] = []
    let at = from
    for (let looked = 0; at > 0 && looked < LOOKED_AT; looked++) {
      const row = this.#statements.one.get(at) as unknown as Value[] | undefined
      if (row?.[MEMBER] !== member) return { rows, at: 0 }
      if (at < before) for (const value of row) rows.push(value)
      at = row[PREVIOUS] as number
      if (rows.length === limit * row.length) break
    }
    return { rows, at }
  }

  /** Of the member whose last step is `version` only that one stays, and says nothing of it; to be called in a transaction. */
  erase(version: number): void {
    const { previous, scrub, strike } = this.#statements
    let before = previousOf(previous.get(version))
    if (before === undefined) return
    scrub.run(version)
    while (before !== undefined && before > 0) {
      const step = before
      before = previousOf(previous.get(step))
      strike.run(step)
    }
  }

  /** Deletes up to `limit` of the oldest transitions; the last version gone (0: none), and whether there may be more. */
  trim(before: number, upTo: number, limit: number): { version: number; more: boolean } {
    const oldest = this.#statements.oldest.all(limit) as unknown as { version: number; at: number }[]
    const kept = oldest.findIndex(({ version, at }) => version > upTo && at >= before)
    const version = oldest.at(kept === -1 ? -1 : kept - 1)?.version
    if (kept === 0 || version === undefined) return { version: 0, more: false }
    this.#trimTo(version)
    return { version, more: kept === -1 && oldest.length === limit }
  }

  #trimTo(version: number): void {
    this.#db.exec('begin immediate')
    this.#db.prepare('delete from transitions where version <= ?').run(version)
    this.#db.prepare('delete from epochs where last < ?').run(version)
    this.#db.prepare(`update meta set value = ? where key = 'trimmed'`).run(version)
    this.#db.exec('commit')
  }
}

function prepare(db: DatabaseSync) {
  const nothing = `name = null, type = null, profile = null, status = null, in_groups = null, previous = 0`
  const read = db.prepare(
    selectFrom('transitions', 'where version > ? and version <= ? order by version limit ?'),
  )
  const one = db.prepare(selectFrom('transitions', 'where version = ?'))
  read.setReturnArrays(true)
  one.setReturnArrays(true)
  return {
    read,
    one,
    oldest: db.prepare('select version, at from transitions order by version limit ?'),
    previous: db.prepare('select previous from transitions where version = ?'),
    scrub: db.prepare(`update transitions set ${nothing} where version = ?`),
    strike: db.prepare('delete from transitions where version = ?'),
  }
}

function previousOf(row: unknown): number | undefined {
  return (row as { previous: number } | undefined)?.previous
}
