// What one caller watches: a view of a list, made anew only when it is looked at after a change, and the callbacks that are
// told of changes.

import type { Entry } from '../protocol/messages.ts'
import type { Emitter } from './emitter.ts'
import type { List } from './list.ts'
import type { OnView, Payloads, View, Watch } from './types.ts'

export class WatchHandle<P extends Payloads> implements Watch<P> {
  /** `null`: everybody on the list. */
  readonly ids: ReadonlySet<string> | null
  readonly #list: List<P>
  readonly #emitter: Emitter<P>
  readonly #closed: () => void
  readonly #listeners = new Set<OnView<P>>()
  #view: View<P> | null = null
  #whole = false

  constructor(list: List<P>, ids: ReadonlySet<string> | null, emitter: Emitter<P>, closed: () => void) {
    this.#list = list
    this.ids = ids
    this.#emitter = emitter
    this.#closed = closed
  }

  get view(): View<P> {
    this.#view ??= this.#look()
    return this.#view
  }

  subscribe(listener: OnView<P>): () => void {
    const own: OnView<P> = (view, changed) => listener(view, changed)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  close(): void {
    this.#listeners.clear()
    this.#closed()
  }

  /** Something on the list changed: maybe nothing that shows here. */
  tell(entries: readonly Entry[], counted = false): void {
    const { ids } = this
    const changed = ids === null ? entries : entries.filter(({ member }) => ids.has(member))
    const whole = this.#isWhole()
    if (changed.length === 0 && whole === this.#whole && !counted) return
    this.#whole = whole
    this.#view = null
    for (const listener of [...this.#listeners])
      this.#emitter.guard(() => listener(this.view, changed as Parameters<OnView<P>>[1]))
  }

  #isWhole(): boolean {
    const { whole, members } = this.#list
    return this.ids === null ? whole : [...this.ids].every(id => members.has(id))
  }

  #look(): View<P> {
    const { members, counts } = this.#list
    const ids = this.ids ?? members.keys()
    const shown = new Map<string, Entry>()
    for (const id of ids) if (members.has(id)) shown.set(id, members.get(id)!)
    return { whole: this.#isWhole(), members: shown as View<P>['members'], counts }
  }
}
