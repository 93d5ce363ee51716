// The notebook of a store without a file: nothing survives.

import type { Book, Note, Notebook } from '../notebook.ts'
import { checkKey, noteText } from './note-form.ts'

export class MemoryNotebook implements Notebook {
  readonly #books = new Map<Book, Map<string, string>>()

  async get(book: Book, key: string): Promise<unknown> {
    const text = this.#book(book).get(key)
    return text === undefined ? null : JSON.parse(text)
  }

  async put(book: Book, key: string, value: unknown): Promise<void> {
    checkKey(key)
    this.#book(book).set(key, noteText(value))
  }

  async delete(book: Book, key: string): Promise<boolean> {
    return this.#book(book).delete(key)
  }

  async scan(book: Book, after: string | null, limit: number): Promise<Note[]> {
    const keys = [...this.#book(book).keys()].filter(key => after === null || key > after).sort()
    return keys.slice(0, limit).map(key => ({ key, value: JSON.parse(this.#book(book).get(key)!) }))
  }

  #book(name: Book): Map<string, string> {
    const book = this.#books.get(name) ?? new Map<string, string>()
    this.#books.set(name, book)
    return book
  }
}
