// The door of the package: starts a presence server on whichever runtime this is, with the adapters the settings ask
// for. Besides the command line, the only place that names concrete adapters.

import { join } from 'node:path'
import { createApp } from './http/app.ts'
import type { PresenceServer } from './server/api.ts'
import type { Log } from './server/log.ts'
import { monotonic } from './server/monotonic.ts'
import { Server } from './server/server.ts'
import type { Settings } from './server/settings.ts'
import { embeddedStore } from './stores/embedded/embedded-store.ts'
import type { Store } from './stores/store.ts'
import type { Transport } from './transports/transport.ts'

export { SystoleError } from './errors.ts'
export type {
  MemberAnswer,
  PresenceServer,
  PushOptions,
  PushResult,
  ServerStatus,
  SessionAnswer,
} from './server/api.ts'
export type { Log } from './server/log.ts'
export type { MemberMessage, OnMessage } from './server/message-listeners.ts'
export { type Config, settingsOf } from './server/options/make-settings.ts'
export type { Settings } from './server/settings.ts'

/** The file that holds what survives, inside the data folder. */
const DATA_FILE = 'systole.db'

/**
 * Starts a server and resolves when it listens on every port. Rejects with `SystoleError`: `port_taken`,
 * `bind_refused`, or `store_*` naming the file and the remedy.
 */
export async function startSystole(settings: Settings, log: Log): Promise<PresenceServer> {
  const store = openStore(settings, log)
  const [transport, opened] = await Promise.all([pickTransport(), store.open()])
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
  const server = new Server(
    settings,
    { transport, store, clock: monotonic, wall: Date.now, random, log },
    opened,
  )
  try {
    await server.start(createApp(server))
  } catch (error) {
    await opened.close(opened.sessions)
    throw error
  }
  return server
}

function openStore({ data, durability, keep }: Settings, log: Log): Store {
  return embeddedStore({
    path: data === false ? null : join(data, DATA_FILE),
    now: Date.now,
    durability,
    keepMembers: { ms: keep.membersFor, most: keep.membersMost },
    keepLog: { ms: keep.logFor, most: keep.logMost },
    onError: (error, { stage }) => log.error({ err: error, stage }, error.message),
  })
}

async function pickTransport(): Promise<Transport> {
  if (process.versions.bun !== undefined) return (await import('./transports/bun.ts')).bunTransport
  return (await import('./transports/node.ts')).nodeTransport
}
