// A whole server with a clock of the test and no sockets: for tests of what the host asks of it.

import type { Authority } from '../../src/auth/authority.ts'
import { type Config, settingsOf } from '../../src/server/options/make-settings.ts'
import { Server } from '../../src/server/server.ts'
import type { Notebook } from '../../src/stores/notebook.ts'
import type { SessionRecord } from '../../src/stores/store.ts'
import { FakeTransport } from './fake-transport.ts'
import { LedgerStore } from './ledger-store.ts'

export const T0 = 1_700_000_000_000

export interface WholeOptions {
  readonly config?: Config
  readonly sessions?: readonly SessionRecord[]
  readonly authority?: Authority
  /** A notebook that another server wrote. */
  readonly notebook?: Notebook
}

/** Started; time stands still until it is moved. */
export async function wholeServer({ config = {}, sessions = [], authority, notebook }: WholeOptions = {}) {
  const transport = new FakeTransport()
  const store = new LedgerStore()
  if (notebook !== undefined) Object.assign(store, { notebook })
  const errors: string[] = []
  const time = { at: 1_000, wallShift: 0 }
  const quiet = () => undefined
  const log = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (_: object, message: string) => errors.push(message),
  }
  const parts = {
    transport,
    store,
    clock: { now: () => time.at },
    wall: () => T0 + time.at + time.wallShift,
    random: (bytes: number) => new Uint8Array(bytes).fill(7),
    log,
    node: 'here',
    authority: authority ?? null,
  }
  const opened = { epoch: 1, firstSessionId: 1, sessions, lapses: [], close: async () => {} }
  const server = new Server(settingsOf(config), parts, opened)
  await server.start(() => new Response('page'))
  return { server, transport, store, errors, time }
}
