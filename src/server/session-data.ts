// What the host keeps with sessions. In memory by session, and in the notebook, so that it lasts as long as the session
// does, also over a restart. Most sessions have nothing here.

import { SystoleError } from '../errors.ts'
import type { Notebook } from '../stores/notebook.ts'

const BOOK = 'session-data'
const PAGE = 1_000
const MOST_BYTES = 4_096

export class SessionData {
  readonly #notebook: Notebook
  readonly #onError: (error: unknown) => void
  readonly #data = new Map<string, unknown>()

  constructor(notebook: Notebook, onError: (error: unknown) => void) {
    this.#notebook = notebook
    this.#onError = onError
  }

  /** `isOpen`: whether the session of this id goes on; what is kept with others is let go. */
  async load(isOpen: (session: string) => boolean): Promise<void> {
    let after: string | null = null
    for (;;) {
      const notes = await this.#notebook.scan(BOOK, after, PAGE)
      for (const { key, value } of notes) {
        if (isOpen(key)) this.#data.set(key, value)
        else await this.#notebook.delete(BOOK, key)
      }
      if (notes.length < PAGE) return
      after = notes.at(-1)!.key
    }
  }

  /** `null`: nothing. */
  of(session: string): unknown {
    return this.#data.size === 0 ? null : (this.#data.get(session) ?? null)
  }

  /** Rejects with `bad_data` or `store_failed`. */
  async set(session: string, data: unknown): Promise<void> {
    if (data === null) return this.#forget(session)
    const text = JSON.stringify(data)
    if (text === undefined || Buffer.byteLength(text) > MOST_BYTES)
      throw new SystoleError(
        'bad_data',
        `session data is JSON of at most ${MOST_BYTES} bytes: keep less with it`,
      )
    this.#data.set(session, data)
    await this.#notebook.put(BOOK, session, data)
  }

  /** The session is over. */
  ended(session: string): void {
    if (this.#data.has(session)) this.#forget(session).catch(this.#onError)
  }

  async #forget(session: string): Promise<void> {
    if (this.#data.delete(session)) await this.#notebook.delete(BOOK, session)
  }
}
