// What the pages of test/browser/sdk-*.test.ts run: one client of the SDK, as the page's address wishes it, and a record of
// what it told and what its sockets did, for the test to read as `window.sdk`. It never does anything by itself.

import { createClient } from '../../src/client/index.ts'
import type { Happened, SdkStage, SdkWish } from './sdk-page.ts'

const wish = JSON.parse(new URL(location.href).searchParams.get('wish') ?? '{}') as SdkWish
if (wish.without?.includes('locks')) Object.defineProperty(navigator, 'locks', { value: undefined })
if (wish.holdsLock) void navigator.locks.request('of the page itself', () => new Promise(() => {}))

const happened: Happened[] = []
const note = (what: string, more: object = {}) => happened.push({ at: Date.now(), what, ...more })

const { send, close } = WebSocket.prototype
WebSocket.prototype.send = function (this: WebSocket, data) {
  note('frame', { text: String(data) })
  send.call(this, data)
}
WebSocket.prototype.close = function (this: WebSocket, code, reason) {
  note('close', { code })
  close.call(this, code, reason)
}
addEventListener('pageshow', event =>
  note('pageshow', { persisted: (event as PageTransitionEvent).persisted }),
)

const client = createClient(wish.client)
client.on('state', change => note('state', { ...change }))
client.on('problem', ({ code, message }) => note('problem', { code, message }))
client.on('message', data => note('message', { data }))
const watch = wish.watch && client.watch(wish.watch)

const stage: SdkStage = {
  client,
  happened,
  // how late the timers of the page run
  ticks: [],
  seen: () => Object.fromEntries([...(watch?.view.members ?? [])].map(([id, { state }]) => [id, state])),
}
if (wish.ticks) setInterval(() => stage.ticks.push(Date.now()), wish.ticks)
Reflect.set(window, 'sdk', stage)
