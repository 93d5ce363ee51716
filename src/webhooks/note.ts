// What is remembered of an endpoint over restarts: where it reads on, and how long it has been failing. Notes are written
// one at a time, the latest only; what is lost of them in a crash costs a message twice, never one that was not sent.

import type { Notebook } from '../stores/notebook.ts'

/** As it is written. Times in ms since 1970. */
export interface Remembered {
  readonly cursor: string
  /** It begins there, and was not yet told so. */
  readonly isNew: boolean
  /** Another address is another endpoint's fault: what was wrong with the old one is forgotten with it. */
  readonly url: string
  readonly failures: number
  readonly failingSince: number | null
  readonly lastError: string | null
  readonly dead: boolean
}

const BOOK = 'webhooks'

export class Note {
  readonly #notebook: Notebook
  readonly #key: string
  readonly #onError: (error: unknown) => void
  #next: Remembered | null = null
  #writing: Promise<void> | null = null
  #failed = false

  /** `onError` is told the first of several failures in a row. */
  constructor(notebook: Notebook, endpoint: string, onError: (error: unknown) => void) {
    this.#notebook = notebook
    this.#key = endpoint
    this.#onError = onError
  }

  /** `null`: there is none, or none that can be read. */
  async read(): Promise<Remembered | null> {
    const found = (await this.#notebook.get(BOOK, this.#key)) as Partial<Remembered> | null
    if (found === null || typeof found.cursor !== 'string') return null
    const { cursor, isNew = false, url = '', dead = false } = found
    const { failures = 0, failingSince = null, lastError = null } = found
    return { cursor, isNew, url, failures, failingSince, lastError, dead }
  }

  /** Writes it as soon as the one before is written. */
  write(note: Remembered): void {
    this.#next = note
    this.#writing ??= this.#write()
  }

  /** Resolves when it would survive a crash; rejects with `store_failed`. */
  async writeNow(note: Remembered): Promise<void> {
    this.#next = null
    await this.#writing
    this.#next = null
    await this.#notebook.put(BOOK, this.#key, note)
  }

  /** Resolves when all is written, or could not be. */
  async settled(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    while (this.#next !== null) {
      const note = this.#next
      this.#next = null
      try {
        await this.#notebook.put(BOOK, this.#key, note)
        this.#failed = false
      } catch (error) {
        if (!this.#failed) this.#onError(error)
        this.#failed = true
      }
    }
    this.#writing = null
  }
}
