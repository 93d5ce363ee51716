// What the host keeps with sessions. In memory by session, and in the notebook, so that it lasts as long as the session
// does, also over a restart. Most sessions have nothing here.

import { SystoleError } from '../errors.ts'
import type { Notebook } from '../stores/notebook.ts'
import { InTurn } from './in-turn.ts'
import { notesIn } from './notes-in.ts'

const BOOK = 'session-data'
const MOST_BYTES = 4_096

/** What it works with. */
export interface SessionDataParts {
  readonly notebook: Notebook
  /** Whether the session of this id goes on. */
  isOpen(session: string): boolean
  onError(error: unknown): void
}

export class SessionData {
  readonly #parts: SessionDataParts
  readonly #data = new Map<string, unknown>()
  readonly #inTurn = new InTurn()

  constructor(parts: SessionDataParts) {
    this.#parts = parts
  }

  /** To be called once the sessions of an earlier run are back. What is kept with others is let go. */
  async load(): Promise<void> {
    const { notebook, isOpen } = this.#parts
    for await (const { key, value } of notesIn(notebook, BOOK)) {
      if (isOpen(key)) this.#data.set(key, value)
      else await notebook.delete(BOOK, key)
    }
  }

  /** `null`: nothing. */
  of(session: string): unknown {
    return this.#data.size === 0 ? null : (this.#data.get(session) ?? null)
  }

  /** Rejects with `bad_data` or `store_failed`. */
  async set(session: string, data: unknown): Promise<void> {
    if (data === null) return this.#inTurn.run(() => this.#forget(session))
    const text = JSON.stringify(data)
    if (text === undefined || Buffer.byteLength(text) > MOST_BYTES)
      throw new SystoleError(
        'bad_data',
        `session data is JSON of at most ${MOST_BYTES} bytes: keep less with it`,
      )
    const { notebook, isOpen } = this.#parts
    return this.#inTurn.run(async () => {
      await notebook.put(BOOK, session, data)
      // it may have ended meanwhile
      if (isOpen(session)) this.#data.set(session, data)
      else await notebook.delete(BOOK, session)
    })
  }

  /** The session is over. */
  ended(session: string): void {
    if (this.#data.has(session))
      this.#inTurn.run(() => this.#forget(session)).catch(error => this.#parts.onError(error))
  }

  async #forget(session: string): Promise<void> {
    if (!this.#data.has(session)) return
    await this.#parts.notebook.delete(BOOK, session)
    this.#data.delete(session)
  }
}
