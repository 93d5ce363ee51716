// `systole/vue`: the client in Vue 3. A component makes or takes a client, and it and those below read from it. Nothing is
// opened before a component is mounted, so rendering on a server opens nothing; all ends with the scope that began it.

import {
  type ComputedRef,
  computed,
  getCurrentInstance,
  type InjectionKey,
  inject,
  type MaybeRefOrGetter,
  onMounted,
  onScopeDispose,
  provide,
  type ShallowRef,
  shallowRef,
  toValue,
  watch,
} from 'vue'
import { APART, type Connection, connectionOf, NOBODY, type Source, viewOf } from './bindings.ts'
import type { Client, Id, Member, Payloads, View, WatchScope } from './types.ts'

export type { Connection } from './bindings.ts'

type ClientRef = Readonly<ShallowRef<Client | null>>

const KEY: InjectionKey<ClientRef> = Symbol('systole')
/** A component does not inject what it provides itself. */
const own = new WeakMap<object, ClientRef>()
const NONE: ClientRef = shallowRef(null)

/**
 * With `client`: this component and those below it speak through it from when it is mounted. A function makes one by
 * `createClient` or `createSharedClient`, which is destroyed with the component; a client that is given is left as it is.
 * Without: the client of the nearest component that said so. `null` before.
 */
export function useSystole<P extends Payloads = Payloads>(
  client?: Client<P> | (() => Client<P>),
): Readonly<ShallowRef<Client<P> | null>> {
  type Found = Readonly<ShallowRef<Client<P> | null>>
  const instance = getCurrentInstance()!
  if (client === undefined) return (own.get(instance) ?? inject(KEY, NONE)) as Found
  const ref = shallowRef<Client<P> | null>(null)
  let gone = false
  onMounted(async () => {
    // What is taken away within the turn opens nothing.
    await null
    if (!gone) ref.value = typeof client === 'function' ? client() : client
  })
  onScopeDispose(() => {
    gone = true
    if (typeof client === 'function') ref.value?.destroy()
    ref.value = null
  })
  own.set(instance, ref as ClientRef)
  provide(KEY, ref as ClientRef)
  return ref
}

/** How the connection is. */
export function useConnection(): Readonly<ShallowRef<Connection>> {
  const client = useSystole()
  return useSource(() => connectionOf(client.value), APART)
}

/** Whom `scope` names, now; `null` watches nobody. A scope that says the same as the last one is the same. */
export function useWatch<P extends Payloads = Payloads>(
  scope: MaybeRefOrGetter<WatchScope | null>,
): Readonly<ShallowRef<View<P>>> {
  const client = useSystole<P>()
  const key = computed(() => JSON.stringify(toValue(scope)))
  return useSource<View<P>>(() => viewOf(client.value, key.value), NOBODY)
}

/** One member as others see it; `undefined` until the server said. */
export function useMember<P extends Payloads = Payloads>(
  id: MaybeRefOrGetter<Id>,
): ComputedRef<Member<P> | undefined> {
  const view = useWatch<P>(() => [toValue(id)])
  return computed(() => view.value.members.get(`${toValue(id)}`))
}

/** `find` is asked again when what it reads has changed. */
function useSource<T>(find: () => Source<T>, blank: T): Readonly<ShallowRef<T>> {
  const value = shallowRef(blank) as ShallowRef<T>
  const follow = (source: Source<T>, _: unknown, onCleanup: (stop: () => void) => void) => {
    const take = () => {
      value.value = source.read()
    }
    onCleanup(source.subscribe(take))
    take()
  }
  watch(find, follow, { immediate: true })
  return value
}
