// Who is there, for React: watches that stand as long as a component looks at them, and render it again when what it
// looks at changed, and only then.

import { useMemo, useSyncExternalStore } from 'react'
import { NOBODY, type Source, viewOf } from './bindings.ts'
import { useSystole } from './react-client.ts'
import type { Id, Member, Payloads, View, WatchScope } from './types.ts'

/** Whom `scope` names, now; `null` watches nobody. A scope that says the same as the last one is the same. */
export function useWatch<P extends Payloads = Payloads>(scope: WatchScope | null): View<P> {
  const { subscribe, read } = useView<P>(scope)
  return useSyncExternalStore(subscribe, read, () => NOBODY)
}

/** One member as others see it; `undefined` until the server said. */
export function useMember<P extends Payloads = Payloads>(id: Id): Member<P> | undefined {
  const { subscribe, read } = useView<P>([id])
  return useSyncExternalStore(
    subscribe,
    () => read().members.get(`${id}`),
    () => undefined,
  )
}

/** Whether a member is present: not offline, not unknown. */
export function useIsOnline(id: Id): boolean {
  const { subscribe, read } = useView([id])
  return useSyncExternalStore(
    subscribe,
    () => isPresent(read().members.get(`${id}`)?.state),
    () => false,
  )
}

function isPresent(state: Member['state'] = 'unknown'): boolean {
  return state !== 'offline' && state !== 'unknown'
}

function useView<P extends Payloads>(scope: WatchScope | null): Source<View<P>> {
  const client = useSystole<P>()
  const key = JSON.stringify(scope)
  return useMemo(() => viewOf(client, key), [client, key])
}
