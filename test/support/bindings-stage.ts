// What the pages of test/browser/bindings.test.ts are told to show, and what they offer to the test as `window.stage`.

import type { WatchScope } from '../../src/client/types.ts'

/** What to show. */
export interface Wish {
  readonly url: string
  readonly member: string
  /** React's StrictMode. */
  readonly strict?: boolean
  /** Whom the list shows. */
  readonly scope: WatchScope | null
  /** A row for each, by `useMember`. */
  readonly ids?: readonly string[]
}

export interface Stage {
  /** Shows this, within this turn. */
  show(wish: Wish): void
  /** Takes all away, within this turn. */
  hide(): void
  /** How often each part was rendered; `views`: how many views the list was given. */
  readonly renders: Record<string, number>
  /** How often the page's root was mounted. */
  readonly mounts: number
}

/** What a list of members says: `ana:online bob:away`. */
export function listWords(members: Iterable<{ readonly member: string; readonly state: string }>): string {
  return Array.from(members, ({ member, state }) => `${member}:${state}`)
    .sort()
    .join(' ')
}

/** Puts what a component threw where the test looks. */
export function tellThrown(error: unknown): void {
  document.getElementById('thrown')!.textContent = String(error)
}
