// Systole that knows a million members, nine in ten of them offline: put into its store in process, since nobody
// could hold that many sockets here. `systole-known.ts PORT MEMBERS`

import pino from 'pino'
import type { SessionChange } from '../../src/core/change.ts'
import { createApp } from '../../src/http/app.ts'
import { settingsOf } from '../../src/index.ts'
import { monotonic } from '../../src/server/monotonic.ts'
import { Server } from '../../src/server/server.ts'
import { embeddedStore } from '../../src/stores/embedded/embedded-store.ts'
import { bunTransport } from '../../src/transports/bun.ts'
import { portArgument } from '../baselines/control.ts'

/** One in so many is present. */
const PRESENT = 10
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
const parts = { transport: bunTransport, store, clock: monotonic, wall: Date.now, random, log }
const server = new Server(settings, parts, { ...opened, firstSessionId: opened.firstSessionId + known })
await server.start(createApp(server))

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
    details: { name: JSON.parse(`"Name ${no}"`) as string },
    membership: null,
  }
  return no % PRESENT === 0 ? [begin] : [begin, { ...begin, kind: 'end', reason: 'left' }]
}
