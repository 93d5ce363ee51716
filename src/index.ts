// The door of the package: starts a presence server on whichever runtime this is, with the adapters the settings ask
// for. Besides the command line, the only place that names concrete adapters.

import { hostname } from 'node:os'
import { join } from 'node:path'
import { makeAccess } from './auth/make-access.ts'
import { readWhole, textOf } from './auth/option-file.ts'
import { createApp } from './http/app.ts'
import type { Desk } from './http/route.ts'
import { transitionView } from './http/views.ts'
import type { PresenceServer } from './server/api.ts'
import type { Log } from './server/log.ts'
import { LogReader } from './server/log-reader.ts'
import { monotonic } from './server/monotonic.ts'
import { Proxies } from './server/proxies.ts'
import { Server } from './server/server.ts'
import type { Settings, WebhookSettings } from './server/settings.ts'
import { embeddedStore } from './stores/embedded/embedded-store.ts'
import type { Store } from './stores/store.ts'
import type { Transport } from './transports/transport.ts'
import type { Endpoints } from './webhooks/endpoint.ts'
import { type EndpointSettings, openEndpoints } from './webhooks/endpoints.ts'

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
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
  const parts = { clock: monotonic, wall: Date.now, random, log }
  // first, so that a key that cannot be read is told before anything is opened
  const proxies = new Proxies(settings.trustedProxies)
  const access = makeAccess(settings, { ...parts, isLocal: address => proxies.isLocal(address) })
  const webhooks = settings.webhooks.map(endpoint => withSecret(endpoint, settings.names.webhook))
  const store = openStore(settings, log)
  const [transport, opened] = await Promise.all([pickTransport(), store.open()])
  let endpoints: Endpoints | undefined
  try {
    // before anything is told: what a new endpoint begins with is the first thing that is
    endpoints = await openWebhooks(webhooks, store, log)
    const { stop } = endpoints
    const server = new Server(
      settings,
      {
        transport,
        store,
        ...parts,
        node: settings.node ?? nodeName(settings, random),
        authority: access.authority,
        beforeClose: stop,
      },
      opened,
    )
    const desk: Desk = { server, endpoints, mostBody: settings.limits.body }
    const { requests } = settings.limits
    const count = (code: string) => server.count(code)
    await server.start(createApp(desk, access.callerOf, { requests, log, count }))
    return server
  } catch (error) {
    await endpoints?.stop()
    await opened.close(opened.sessions)
    throw error
  }
}

function withSecret(endpoint: WebhookSettings, option: string): EndpointSettings {
  const { name, secret } = endpoint
  return { ...endpoint, secret: secret && textOf(`${option}: endpoint ${name}`, secret, readWhole) }
}

function openWebhooks(webhooks: readonly EndpointSettings[], store: Store, log: Log): Promise<Endpoints> {
  return openEndpoints(webhooks, {
    log: new LogReader(store),
    history: (member, before, limit) => store.history(member, before, limit),
    notebook: store.notebook,
    time: { now: Date.now, after },
    chance: Math.random,
    show: transitionView,
    say: (what, message) => (what === 'working' ? log.info({}, message) : log.warn({}, message)),
    onError: error =>
      log.error({ err: error, stage: 'webhooks' }, 'where a webhook endpoint stands was not noted'),
  })
}

function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

// Nobody else has this name, so that what an earlier run of this port left is never taken for its own.
function nodeName({ listeners }: Settings, random: (bytes: number) => Uint8Array): string {
  return `${hostname()}-${listeners[0]?.port ?? 0}-${Buffer.from(random(3)).toString('hex')}`
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
