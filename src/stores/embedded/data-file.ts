// The data file itself, as its own thread sees it: opens and checks it, and reads and writes rows. It decides nothing
// about members; every batch is one transaction, so the file is whole after every crash.

import { randomBytes } from 'node:crypto'
import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { COLUMNS, type Value } from './columns.ts'
import { FOUND } from './failures.ts'
import { EPOCH, type RunStart } from './log-cursor.ts'
import { LogTable } from './log-table.ts'
import type { Piece, Question, Request, Run, RunId } from './messages.ts'
import { NoteTable } from './note-table.ts'
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION, selectFrom, upsertInto } from './schema.ts'
import { upgradesFrom } from './upgrades.ts'

/** How long another server may take to let go of the file. */
const PATIENCE = 500
const CHUNK = 5_000

const LAST_TOLD = 'coalesce((select max(version) from transitions), 0)'
const TRIMMED_TO = `update meta set value = ? where key = 'trimmed'`

type OpenRequest = Request & { do: 'open' }

export class DataFile {
  readonly #path: string
  /** Which file this is, so that one put in its place is noticed. */
  readonly #inode: number
  readonly #db: DatabaseSync
  readonly #write: ReturnType<typeof prepareWrites>
  readonly log: LogTable
  readonly notes: NoteTable

  /** Throws what SQLite or the system says, or an error with an `errcode` of failures.ts. */
  constructor({ path, run }: OpenRequest) {
    makeFolder(dirname(path))
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined && run !== null) throw failure(FOUND.gone, 'no such file')
    if (found?.isDirectory()) throw failure(FOUND.folder, 'is a directory')
    expectWritable(found === undefined ? [dirname(path)] : [dirname(path), path])
    this.#db = new DatabaseSync(path)
    try {
      this.#prepare()
      this.#path = path
      this.#inode = statSync(path).ino
      this.#write = prepareWrites(this.#db)
      this.log = new LogTable(this.#db)
      this.notes = new NoteTable(this.#db)
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction
  }

  /** Begins a run of the log, or goes on with `run`. A new run is on the disk when this returns. */
  begin({ now, least, run, durability }: OpenRequest): Run {
    const last = this.#number('select max(epoch) from epochs')
    const log = this.#text(`select value from meta where key = 'log'`)
    if (run !== null && (run.log !== log || run.epoch !== last)) {
      throw failure(FOUND.taken, `found epoch ${last}, not ${run.epoch}`)
    }
    const begun = run === null ? this.#beginAfter(log, last, least, now) : this.#describe(run)
    this.#db.exec(`pragma synchronous = ${durability}`)
    return begun
  }

  /** All rows, a chunk at a time, in the order of their ids. */
  *load(table: 'members' | 'sessions'): Generator<Value[]> {
    const rows = this.#arrays(selectFrom(table, 'order by id')).iterate() as Iterable<unknown> as Iterable<
      Value[]
    >
    let chunk: Value[] = []
    for (const row of rows) {
      for (const value of row) chunk.push(value)
      if (chunk.length < CHUNK * row.length) continue
      yield chunk
      chunk = []
    }
    if (chunk.length > 0) yield chunk
  }

  /** Writes a piece of a batch; the last one commits. */
  write(piece: Piece): void {
    if (!this.#db.isTransaction) this.#db.exec('begin immediate')
    const { members, sessions, transitions } = this.#write
    runAll(members, piece.members, COLUMNS.members.length)
    runAll(sessions, piece.sessions, COLUMNS.sessions.length)
    runAll(transitions, piece.transitions, COLUMNS.transitions.length)
    runAll(this.#write.evidence, piece.evidence, 3)
    runAll(this.#write.ended, piece.ended, 1)
    if (piece.forgotten.length + piece.erased.length > 0) this.#forget(piece)
    if (!piece.last) return
    this.#write.lastSession.run(piece.lastSession)
    this.#commit()
  }

  rollback(): void {
    if (this.#db.isTransaction) this.#db.exec('rollback')
  }

  /** Changes a note, in a transaction of its own. */
  note(question: Question & { do: 'put' }): Value[] {
    this.#db.exec('begin immediate')
    try {
      const rows = this.notes.put(question)
      this.#commit()
      return rows
    } catch (error) {
      this.rollback()
      throw error
    }
  }

  /** Moves what was written from the write-ahead log into the file, and forces both to the disk. */
  checkpoint(): void {
    this.#db.exec('pragma wal_checkpoint(passive)')
  }

  close(): void {
    this.rollback()
    this.#db.close()
  }

  #prepare(): void {
    // exclusive before the first read: one server a file, and no shared memory file to keep up to date
    this.#db.exec(`pragma busy_timeout = ${PATIENCE}; pragma locking_mode = exclusive`)
    this.#check()
    this.#db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 4000')
    this.#db.exec('begin immediate')
    const found = this.#number('pragma user_version')
    if (found === 0) this.#create()
    else for (const upgrade of upgradesFrom(found)) this.#db.exec(upgrade)
    this.#db.exec('commit')
  }

  #check(): void {
    const id = this.#number('pragma application_id')
    const version = this.#number('pragma user_version')
    const tables = this.#number('select count(*) from sqlite_schema')
    if (id !== APPLICATION_ID && (id !== 0 || tables > 0))
      throw failure(FOUND.foreign, `application id ${id}`)
    if (version > SCHEMA_VERSION) throw failure(FOUND.newer, `schema ${version}, known is ${SCHEMA_VERSION}`)
  }

  #create(): void {
    this.#db.exec(SCHEMA)
    const add = this.#db.prepare('insert into meta values (?, ?)')
    add.run('log', randomBytes(12).toString('base64url'))
    add.run('trimmed', 0)
    add.run('last_session', 0)
  }

  // Written in full durability whatever the option says: an epoch that a power cut takes back would be used twice.
  #beginAfter(log: string, last: number, least: RunStart, now: number): Run {
    this.#db.exec('begin immediate')
    const told = this.#number(`select max(value, ${LAST_TOLD}) from meta where key = 'trimmed'`)
    const epoch = Math.max(last + 1, Math.floor(told / EPOCH) + 1, least.epoch)
    // a new log begins above one that may have stood here before: what is below it is gone
    if (last === 0) this.#db.prepare(TRIMMED_TO).run(epoch * EPOCH + least.n)
    const version = `max(epoch * ${EPOCH}, ${LAST_TOLD})`
    this.#db.exec(`update epochs set last = ${version} where last is null`)
    this.#db.prepare('insert into epochs values (?, ?, null)').run(epoch, now)
    const lastSession = `max(value, coalesce((select max(id) from sessions), 0))`
    this.#db.exec(`update meta set value = ${lastSession} where key = 'last_session'`)
    const run = this.#describe({ log, epoch })
    this.#db.exec('commit')
    return run
  }

  #describe({ log, epoch }: RunId): Run {
    const sql = 'select epoch, last from epochs where last is not null'
    const ends = this.#arrays(sql).all() as unknown as [number, number][]
    const trimmed = this.#number(`select value from meta where key = 'trimmed'`)
    const lastSession = this.#number(`select value from meta where key = 'last_session'`)
    return { log, epoch, ends, trimmed, lastSession, lastRow: this.#number('select max(row) from members') }
  }

  // Left alone, SQLite keeps the words of a deleted row in its page until another row needs the room.
  #forget({ forgotten, erased }: Piece): void {
    this.#db.exec('pragma secure_delete = on')
    runAll(this.#write.forgotten, forgotten, 1)
    for (const version of erased) this.log.erase(version)
    this.#db.exec('pragma secure_delete = off')
  }

  #commit(): void {
    // SQLite goes on writing to a file that has no name any more
    if (statSync(this.#path, { throwIfNoEntry: false })?.ino !== this.#inode)
      throw failure(FOUND.gone, 'the file of that name is gone or another one')
    this.#db.exec('commit')
  }

  #arrays(sql: string): StatementSync {
    const statement = this.#db.prepare(sql)
    statement.setReturnArrays(true)
    return statement
  }

  #number(sql: string): number {
    return Number(this.#first(sql) ?? 0)
  }

  #text(sql: string): string {
    return String(this.#first(sql) ?? '')
  }

  #first(sql: string): unknown {
    return Object.values(this.#db.prepare(sql).get() ?? {})[0]
  }
}

function prepareWrites(db: DatabaseSync) {
  return {
    members: db.prepare(upsertInto('members')),
    sessions: db.prepare(upsertInto('sessions')),
    transitions: db.prepare(upsertInto('transitions')),
    evidence: db.prepare('update sessions set last_evidence_at = ?, last_beat_at = ? where id = ?'),
    ended: db.prepare('delete from sessions where id = ?'),
    forgotten: db.prepare('delete from members where row = ?'),
    lastSession: db.prepare(`update meta set value = max(value, ?) where key = 'last_session'`),
  }
}

function runAll(statement: StatementSync, rows: readonly Value[], width: number): void {
  for (let i = 0; i < rows.length; i += width) statement.run(...rows.slice(i, i + width))
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw failure(FOUND.noFolder, (error as Error).message)
  }
}

// SQLite calls some of these an I/O error, and opens others to find out at the first write.
function expectWritable(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      accessSync(path, constants.W_OK)
    } catch (error) {
      throw failure(FOUND.readOnly, (error as Error).message)
    }
  }
}

function failure(errcode: number, message: string): Error {
  return Object.assign(new Error(message), { errcode })
}
