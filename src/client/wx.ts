// The client in a WeChat mini-program: its sockets and its life instead of a page's. Decides the defaults that differ
// there, and nothing else.

import { createClient } from './index.ts'
import type { Client, ClientOptions, Payloads } from './types.ts'
import { wxHost } from './wx-host.ts'
import { wxTransport } from './wx-transport.ts'

export type { Wx, WxNetwork, WxSocketTask } from './wx-global.ts'
export { wxHost, wxTransport }

/**
 * `createClient` for a mini-program. `url` is needed, and is `wss:` on a device. `idleAfter` is `false` by default: a
 * mini-program is not told of touches outside of its pages. Throws where there is no global `wx`, unless `host` is given.
 */
export function createWxClient<P extends Payloads = Payloads>(options: ClientOptions<P>): Client<P> {
  return createClient<P>({
    idleAfter: false,
    transports: [wxTransport()],
    ...options,
    host: options.host ?? wxHost(),
  })
}
