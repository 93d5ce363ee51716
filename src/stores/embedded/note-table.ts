// The notes in the data file, as its thread sees them. Keys are kept as UTF-16, high byte first: bytes then have the
// order of code units, which is the order in which notes are told.

import type { DatabaseSync } from 'node:sqlite'
import type { Value } from './columns.ts'
import type { Question } from './messages.ts'

type Of<K extends Question['do']> = Question & { readonly do: K }

export class NoteTable {
  readonly #statements: ReturnType<typeof prepare>

  constructor(db: DatabaseSync) {
    this.#statements = prepare(db)
  }

  get({ book, key }: Of<'note'>): Value[] {
    const found = this.#statements.get.get(book, bytesOf(key)) as { value: string } | undefined
    return found === undefined ? [] : [found.value]
  }

  scan({ book, after, limit }: Of<'notes'>): Value[] {
    const found = this.#statements.scan.all(book, bytesOf(after ?? ''), limit) as unknown as {
      key: Uint8Array
      value: string
    }[]
    return found.flatMap(({ key, value }) => [textOf(key), value])
  }

  /** To be called in a transaction. The key, where a note was taken away. */
  put({ book, key, value }: Of<'put'>): Value[] {
    if (value === null) return this.#statements.delete.run(book, bytesOf(key)).changes === 0 ? [] : [key]
    this.#statements.put.run(book, bytesOf(key), value)
    return []
  }
}

function prepare(db: DatabaseSync) {
  return {
    get: db.prepare('select value from notes where book = ? and key = ?'),
    scan: db.prepare('select key, value from notes where book = ? and key > ? order by key limit ?'),
    put: db.prepare('insert or replace into notes values (?, ?, ?)'),
    delete: db.prepare('delete from notes where book = ? and key = ?'),
  }
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf16le').swap16()
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).swap16().toString('utf16le')
}
