// Reads a whole book of the notebook, a page at a time. What is read may be deleted meanwhile.

import type { Book, Note, Notebook } from '../stores/notebook.ts'

const PAGE = 1_000

export async function* notesIn(notebook: Notebook, book: Book): AsyncGenerator<Note> {
  let after: string | null = null
  for (;;) {
    const notes: readonly Note[] = await notebook.scan(book, after, PAGE)
    yield* notes
    if (notes.length < PAGE) return
    after = notes.at(-1)!.key
  }
}
