// The client a part of a React page speaks through: who made it, when it ends, and how those below come to it. It opens
// nothing while rendering, so neither a server nor a render that is thrown away leaves a socket behind.

import {
  createContext,
  createElement,
  type DependencyList,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react'
import { APART, type Connection, connectionOf } from './bindings.ts'
import type { Client, Payloads } from './types.ts'

const ClientContext = createContext<unknown>(null)
const ConnectionContext = createContext(APART)

/**
 * A client of this component: made once it is shown, made anew when one of `deps` changes, destroyed with it; `null`
 * before. `make` gives one by `createClient` or `createSharedClient`, or `null` where nobody is signed in. A component
 * that goes and comes back within one turn, as in StrictMode, opens nothing in between. To end the session at once
 * rather than by its grace, call `leave` first.
 */
export function useClient<P extends Payloads = Payloads>(
  make: () => Client<P> | null,
  deps: DependencyList = [],
): Client<P> | null {
  const [client, setClient] = useState<Client<P> | null>(null)
  useEffect(() => {
    let shown = true
    let mine: Client<P> | null = null
    queueMicrotask(() => {
      if (!shown) return
      try {
        mine = make()
        setClient(mine)
      } catch (error) {
        // For the nearest error boundary.
        setClient(() => {
          throw error
        })
      }
    })
    return () => {
      shown = false
      setClient(null)
      mine?.destroy()
    }
    // biome-ignore lint/correctness/useExhaustiveDependencies: the caller says when another client is wanted
  }, deps)
  return client
}

/** Everything below speaks through `client`. It neither begins nor ends it. */
export function Systole<P extends Payloads>(props: {
  readonly client: Client<P> | null
  readonly children?: ReactNode
}): ReactNode {
  const { client, children } = props
  const { subscribe, read } = useMemo(() => connectionOf(client as Client | null), [client])
  const value = useSyncExternalStore(subscribe, read, () => APART)
  return createElement(
    ClientContext.Provider,
    { value: client },
    createElement(ConnectionContext.Provider, { value }, children),
  )
}

/** The client of the nearest `Systole`; `null`: there is none yet. */
export function useSystole<P extends Payloads = Payloads>(): Client<P> | null {
  return useContext(ClientContext) as Client<P> | null
}

/** How the connection of the nearest `Systole` is. */
export function useConnection(): Connection {
  return useContext(ConnectionContext)
}
