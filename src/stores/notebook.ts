// What a notebook is: small things the house must remember besides members, under a key in a book. Bans, session data,
// cursors of webhook endpoints. Not for anything that changes with every beat.

/** Which notes there are. */
export type Book = 'bans' | 'session-data' | 'webhooks'

export interface Note {
  readonly key: string
  readonly value: unknown
}

/**
 * Keys are 1-512 bytes of text, values are JSON of at most 64 KiB. Changes of one book happen in the order in which
 * they were asked for.
 * MUST: `put` and `delete` resolve when the change would survive a crash of the process, and reject with
 * `store_failed` when it cannot be kept; then nothing has changed. `put` rejects with `bad_data` what is no note.
 * MUST NOT: hand out what is not durable.
 */
export interface Notebook {
  /** `null`: there is none. */
  get(book: Book, key: string): Promise<unknown>
  put(book: Book, key: string, value: unknown): Promise<void>
  /** False: there was none. */
  delete(book: Book, key: string): Promise<boolean>
  /** Up to `limit` notes with keys greater than `after` (`null`: from the start), in the order of their keys (by code unit). */
  scan(book: Book, after: string | null, limit: number): Promise<readonly Note[]>
}
