// The door that a program has: the parts of a client put together, and what is asked of it passed on. It decides nothing
// that one of the parts decides.

import { makeAgenda } from './agenda.ts'
import { makeDriver } from './driver.ts'
import { makeEmitter } from './emitter.ts'
import { time } from './frame.ts'
import type { Host } from './host.ts'
import { makeIdentity } from './identity.ts'
import { textOf } from './ids.ts'
import { makeKeep } from './keep.ts'
import { makeLists } from './lists.ts'
import { NEVER } from './machine.ts'
import { makeMyself } from './myself.ts'
import { makeOutbox } from './outbox.ts'
import { here } from './page.ts'
import { makeReader, type Server } from './reader.ts'
import { makeTokens } from './tokens.ts'
import type { Client, ClientOptions, Member, Payloads, Undelivered } from './types.ts'
import { makeWays } from './ways.ts'
import { makeWitness } from './witness.ts'

/** For the answer to a request. */
const ANSWER = 10_000
const IDLE_AFTER = 300_000
const ROOM = 256

/** A client of one server. Throws `TypeError` for options that cannot be. */
export function createClient<P extends Payloads = Payloads>(options: ClientOptions<P>): Client<P> {
  const { host = here() } = options
  const parts = makeParts(options, host)
  const { emitter, agenda, identity, driver, myself } = parts
  const { take, machine } = driver
  let isGone = false
  const unlisten = host.listen(signal => {
    if (signal === 'active') return myself.active()
    driver.signal(signal)
    myself.tell()
  })
  const connect = () => {
    if (!isGone) take({ type: 'connect' })
  }
  const destroy = () => {
    if (isGone) return
    isGone = true
    take({ type: 'destroy' })
    unlisten()
    identity.destroy()
    agenda.close()
    // not before everybody was told
    void Promise.resolve().then(emitter.clear)
  }
  // whoever made it can listen before anything happens
  if (options.autoConnect !== false)
    void Promise.resolve().then(() => machine().state === 'idle' && connect())
  return doorOf(parts, connect, destroy)
}

function doorOf<P extends Payloads>(
  { server, emitter, agenda, driver, lists, myself, outbox, update }: Parts<P>,
  connect: () => void,
  destroy: () => void,
): Client<P> {
  const { take, machine } = driver
  const { post, request } = outbox
  return {
    get state() {
      return machine().state
    },
    get session() {
      return server.welcome?.session ?? null
    },
    get member() {
      return server.welcome?.member ?? null
    },
    get now() {
      return agenda.now() + server.ahead
    },
    connect,
    probe: () => take({ type: 'wake' }),
    leave: () => take({ type: 'leave' }),
    destroy,
    on: emitter.on,
    send: data => post({ t: 'message', data }),
    deliver: (data, timeout = ANSWER) => request({ t: 'message', data }, timeout).then(() => {}),
    ask: async ids =>
      request({ t: 'ask', members: ids.map(textOf) }, ANSWER).then(({ entries }) => entries as Member<P>[]),
    watch: lists.watch,
    isOnline: lists.isOnline,
    lastSeen: lists.lastSeen,
    setStatus: status => myself.setStatus(copyOf(status)),
    update,
    enter: myself.enter,
    exit: myself.exit,
  }
}

type Parts<P extends Payloads> = ReturnType<typeof makeParts<P>>

function makeParts<P extends Payloads>(options: ClientOptions<P>, host: Host) {
  const { member, observer, getToken } = options
  const url = addressOf(options.url, host)
  const first = copyOf(helloOf(options))
  let hello = first
  const server: Server = { ahead: 0, welcome: undefined }
  const emitter = makeEmitter<P>()
  const { problem } = emitter
  const agenda = makeAgenda(host)
  const keep = makeKeep(host, problem)
  const identity = makeIdentity(host, agenda, `systole ${url} ${member ?? ''}`, keep, problem)
  const ways = makeWays(options.transports ?? ['ws', 'sse'], url, keep, problem)
  const send = (message: object) => driver.send(JSON.stringify(message))
  // nothing is kept for a connection that will not come
  const room = () => (driver.machine().state === 'closed' ? 0 : (options.outbox ?? ROOM))
  const outbox = makeOutbox(room, agenda, text => driver.send(text))
  const lists = makeLists(options.suspect, emitter, send)
  // a program has no pointer to be idle at
  const { idleAfter = host.base === null ? false : IDLE_AFTER } = options
  const say = observer ? () => false : send
  const myself = makeMyself(idleAfter, agenda, () => driver.machine().hiddenAt < NEVER, say)
  const lasts = ({ tokenExpires }: { readonly tokenExpires?: unknown }) => {
    if (tokenExpires !== undefined) tokens?.lasts(time(tokenExpires) - agenda.now() - server.ahead)
  }
  const refresh = (token: string) => outbox.request({ t: 'auth', token }, ANSWER).then(lasts)
  const take: typeof driver.take = input => driver.take(input)
  const unauthorized = () => take({ type: 'denied', final: true })
  const tokens = getToken && makeTokens(getToken, agenda, refresh, unauthorized, problem)
  const whole = () => {
    const said = { ...hello, ...(!observer && myself.hello()), token: tokens?.token(), ...identity.next() }
    return JSON.stringify({ t: 'hello', ...said })
  }
  const read = makeReader(server, agenda, emitter, lists, myself, outbox, ways, lasts, take, send)
  // whoever signs in next may be somebody else
  const forget = () => {
    tokens?.forget('connect')
    myself.forget()
    if (getToken) hello = first
  }
  const changed = makeWitness(server, emitter, lists, myself, outbox, forget)
  const driver = makeDriver(host, agenda, identity, tokens, ways, whole, read, changed, problem)
  const update: Client<P>['update'] = details => {
    const said = copyOf(details)
    const taken = () => {
      hello = { ...hello, ...said }
    }
    // a hello with what the server refuses would be refused as a whole
    const refused = ({ code, message }: Undelivered) => {
      if (code === 'lost') tell()
      else if (code === 'dropped') taken()
      else problem('refused', `the server refused the update: ${message}`, { server: code })
    }
    const tell = () => void outbox.request({ t: 'update', ...said }, NEVER).then(taken, refused)
    tell()
  }
  return { server, emitter, agenda, identity, driver, lists, myself, outbox, update }
}

/** As it is now; what is no JSON throws here, at whoever says it. */
function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}

/** What a hello says of who this is, and of what it is like. */
function helloOf<P extends Payloads>({
  member,
  getToken,
  observer,
  name,
  type,
  profile,
  timing,
}: ClientOptions<P>): object {
  if ((member !== undefined) === Boolean(getToken || observer))
    throw new TypeError('give one of member, getToken, observer: who this client is')
  // an observer has no name
  return observer ? { observer, timing } : { member, name, type, profile, timing }
}

function addressOf(url = '/', { base }: Host): string {
  // without `URL` where the address is whole: not every place has one
  const whole = base === null || /^wss?:/i.test(url) ? url : new URL(url, base).href
  const address = whole.replace(/^http/i, 'ws').replace(/#.*/, '')
  if (/^wss?:/i.test(address)) return address
  throw new TypeError(`url ${url} is no address: give wss://, https:// or a path of the page's host`)
}
