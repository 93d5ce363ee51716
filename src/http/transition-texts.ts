// Transitions as readers of the log get them: each is written as JSON once, for however many read the same piece of it.

import type { TransitionKind } from '../protocol/words.ts'
import type { LogBatch } from '../stores/store.ts'
import { transitionView } from './views.ts'

/** What a reader asked for; absent: all. */
export interface Filter {
  readonly kinds?: ReadonlySet<TransitionKind> | undefined
  readonly member?: string | undefined
}

const written = new WeakMap<LogBatch, string[]>()

/** The JSON of those that pass, in order. */
export function textsOf(batch: LogBatch, filter: Filter): string[] {
  let texts = written.get(batch)
  if (texts === undefined) {
    texts = []
    written.set(batch, texts)
  }
  const found: string[] = []
  for (const [index, transition] of batch.transitions.entries()) {
    if (!passes(transition, filter)) continue
    texts[index] ??= JSON.stringify(transitionView(transition))
    found.push(texts[index])
  }
  return found
}

/** How many transitions hold the first `count` that pass. */
export function lengthOf(batch: LogBatch, filter: Filter, count: number): number {
  let found = 0
  return batch.transitions.findIndex(one => passes(one, filter) && ++found === count) + 1
}

function passes({ kind, member }: LogBatch['transitions'][number], filter: Filter): boolean {
  if (filter.kinds !== undefined && !filter.kinds.has(kind)) return false
  return filter.member === undefined || filter.member === member
}
