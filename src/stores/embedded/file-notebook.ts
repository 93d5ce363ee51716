// The notebook in the data file: every note is written and read by the file's thread, in the order it was asked. Nothing
// of it is kept here.

import type { Book, Note, Notebook } from '../notebook.ts'
import type { Question, Rows } from './messages.ts'
import { checkKey, noteText } from './note-form.ts'
import { fromJson } from './values.ts'

export class FileNotebook implements Notebook {
  readonly #read: (question: Question) => Promise<Rows>
  readonly #write: (question: Question) => Promise<Rows>

  /** Both reject with `store_failed`; a write also while the file cannot take anything. */
  constructor(read: (question: Question) => Promise<Rows>, write: (question: Question) => Promise<Rows>) {
    this.#read = read
    this.#write = write
  }

  async get(book: Book, key: string): Promise<unknown> {
    const { rows } = await this.#read({ do: 'note', book, key })
    return fromJson(rows[0] ?? null)
  }

  async put(book: Book, key: string, value: unknown): Promise<void> {
    checkKey(key)
    await this.#write({ do: 'put', book, key, value: noteText(value) })
  }

  async delete(book: Book, key: string): Promise<boolean> {
    const { rows } = await this.#write({ do: 'put', book, key, value: null })
    return rows.length > 0
  }

  async scan(book: Book, after: string | null, limit: number): Promise<Note[]> {
    const { rows } = await this.#read({ do: 'notes', book, after, limit })
    const notes: Note[] = []
    for (let i = 0; i < rows.length; i += 2)
      notes.push({ key: rows[i] as string, value: fromJson(rows[i + 1]!) })
    return notes
  }
}
