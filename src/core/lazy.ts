// A text that costs something to find out and that few ask for: as it is, or how to find it.

export type LazyText = string | (() => string)

/** Finds it out, each time it is called. */
export function textOf(lazy: LazyText): string {
  return typeof lazy === 'string' ? lazy : lazy()
}
