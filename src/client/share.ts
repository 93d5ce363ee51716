// One connection for all tabs of a browser: in each tab a whole client, whose way to the server leads through a worker that
// all of them share. Where no worker can be shared the way is a WebSocket of the tab's own, and the client goes on as it is.

import { createClient } from './client.ts'
import { makeEmitter } from './emitter.ts'
import { here } from './page.ts'
import { shareLink } from './share-link.ts'
import type { Client, ClientOptions, Payloads } from './types.ts'

/** Options of a client, and where the worker's module is. Instead of `ws` the worker is the way to the server. */
export interface ShareOptions<P extends Payloads = Payloads> extends ClientOptions<P> {
  /** Address of the module `systole/client/share-worker`, of the page's own origin. @default beside this module */
  readonly worker?: string | URL
}

/**
 * A client that shares its connection with the other tabs of this browser. Those share that have the same `url` and the
 * same `member`, or `observer`, or that have `getToken`; `name`, `timing` and `idleAfter` are those of the tab that came
 * first. To others they are one session, seen while one of the tabs is. `leave` says goodbye for all of them: call it when
 * a person signs out. `destroy` takes only this tab out; the connection ends with the last one. A message of the host goes
 * to every tab.
 */
export function createSharedClient<P extends Payloads = Payloads>(options: ShareOptions<P>): Client<P> {
  const { worker = beside(), host = here(), transports = ['ws', 'sse'], ...rest } = options
  const told = makeEmitter<P>()
  const link = shareLink(`${worker}`, host, rest as ClientOptions, told.problem)
  const ways = transports.map(way => (way === 'ws' ? link.way : way))
  const client = createClient<P>({ ...rest, host: link.host, transports: ways })
  const { on } = client
  // what the way itself has to tell comes from here
  client.on = (event, listener) => {
    const stops = [on(event, listener), told.on(event, listener)]
    return () => {
      for (const stop of stops) stop()
    }
  }
  return client
}

/** Beside this module, which ends in .ts as source and in .js as published; a bundler sees the latter. */
function beside(): URL {
  const url = new URL('./share-worker.js', import.meta.url)
  if (import.meta.url.endsWith('.ts')) url.pathname = url.pathname.replace(/js$/, 'ts')
  return url
}
