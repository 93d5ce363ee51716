// What one caller watches: a view of a list, made anew only when it is looked at after a change, and the callbacks that are
// told of changes.

import type { Emitter } from './emitter.ts'
import type { List } from './list.ts'
import type { OnView, Payloads, View, Watch } from './types.ts'

/** `ids`: whom of the list; absent: everybody. `changed`: who watches has changed. */
export function makeWatch<P extends Payloads>(
  list: List,
  ids: ReadonlySet<string> | undefined,
  { guard }: Emitter<P>,
  changed: () => void,
): Watch<P> {
  const listeners = new Set<{ readonly run: OnView<P> }>()
  let view: View<P> | undefined
  let wasWhole = false
  const isMine = (id: string) => !ids || ids.has(id)
  const isThere = (id: string) => list.members.has(id)
  const isWhole = () => (ids ? [...ids].every(isThere) : list.whole)
  // a page may have thousands of watches of one id each: none of them goes through all
  const look = (): View<P>['members'] => {
    const members = list.members as View<P>['members']
    return new Map(ids ? [...ids].filter(isThere).map(id => [id, members.get(id)!]) : members)
  }
  const watch: Watch<P> = {
    get view() {
      view ??= { whole: isWhole(), members: look(), counts: list.counts }
      return view
    },
    subscribe(run) {
      const listener = { run }
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      listeners.clear()
      if (list.watches.delete(tell)) changed()
    },
  }
  const tell: Parameters<List['watches']['delete']>[0] = entries => {
    const mine = entries.filter(({ member }) => isMine(member))
    const whole = isWhole()
    if (mine.length === 0 && whole === wasWhole && !list.counts) return
    wasWhole = whole
    view = undefined
    for (const { run } of [...listeners]) guard(() => run(watch.view, mine as Parameters<OnView<P>>[1]))
  }
  list.watches.set(tell, ids)
  changed()
  return watch
}
