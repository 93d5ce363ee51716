// Systole that knows a million members, nine in ten of them offline: put into its store in process, since nobody
// could hold that many sockets here. `systole-known.ts PORT MEMBERS`

import pino from 'pino'
import type { CallerOf } from '../../src/auth/access.ts'
import { SCOPES } from '../../src/auth/authority.ts'
import type { SessionChange } from '../../src/core/change.ts'
import { createApp } from '../../src/http/app.ts'
import { settingsOf } from '../../src/index.ts'
import { monotonic } from '../../src/server/monotonic.ts'
import { Server } from '../../src/server/server.ts'
import { embeddedStore } from '../../src/stores/embedded/embedded-store.ts'
import { bunTransport } from '../../src/transports/bun.ts'
import type { Endpoints } from '../../src/webhooks/endpoint.ts'
import { portArgument } from '../baselines/control.ts'

/** One in so many is present, and suspect; is of the type `rare`, and in the group `few`; every second is in `half`. */
const PRESENT = 10
const SUSPECT = 5_000
const RARE = 1_000
const BATCH = 1_000
const COLLECT_EVERY = 100_000

const known = Number(process.argv[3])
const store = embeddedStore({ path: null, now: Date.now })
const opened = await store.open()
for (let from = 0; from < known; from += BATCH) {
  store.commit(Array.from({ length: BATCH }, (_, i) => stay(from + i)).flat())
  // what the begins leave behind would else be collected while the bench measures
  if (from % COLLECT_EVERY === 0) Bun.gc(true)
}
Bun.gc(true)

const log = pino({ level: 'warn' })
const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
// one link asks as fast as it is answered
const settings = settingsOf({ port: portArgument(), data: 'off', rate: { perSecond: 'off' } })
const parts = {
  transport: bunTransport,
  store,
  clock: monotonic,
  wall: Date.now,
  random,
  log,
  node: 'bench',
  authority: null,
}
const server = new Server(settings, parts, { ...opened, firstSessionId: opened.firstSessionId + known })
const endpoints: Endpoints = { list: () => [], resume: async () => false, stop: async () => {} }
const anybody: CallerOf = () => ({
  ok: true,
  caller: { name: 'anybody', scopes: new Set(SCOPES), rights: null, member: null, bucket: null },
})
await server.start(createApp({ server, endpoints, mostBody: settings.limits.body }, anybody))

function stay(no: number): SessionChange[] {
  const at = Date.now()
  const begin: SessionChange = {
    kind: 'begin',
    session: opened.firstSessionId + no,
    // out of JSON, as ids come in
    member: JSON.parse(`"k${no}"`) as string,
    at,
    since: at,
    lastEvidenceAt: at,
    lastBeatAt: at,
    reason: null,
    dialect: 'native',
    instance: null,
    epoch: 0,
    timing: null,
    details: { name: JSON.parse(`"Name ${no}"`) as string, ...(no % RARE === 7 && { type: 'rare' }) },
    membership: null,
  }
  const stay: SessionChange = { ...begin, details: null }
  const groups = [no % RARE === 3 ? 'few' : null, no % 2 === 0 ? 'half' : null]
  const entered = groups.flatMap((group): SessionChange[] =>
    group === null ? [] : [{ ...stay, kind: 'enter', session: 0, membership: { group, until: null } }],
  )
  if (no % SUSPECT === 0) return [begin, ...entered, { ...stay, kind: 'suspect', reason: 'lost' }]
  return no % PRESENT === 0
    ? [begin, ...entered]
    : [begin, ...entered, { ...stay, kind: 'end', reason: 'left' }]
}
