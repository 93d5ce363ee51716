// The door that a program has: the parts of a client put together, who is told what comes in, and what follows when the
// state changes. It decides nothing that one of the parts decides.

import type { ServerMessage } from '../protocol/messages.ts'
import { makeAgenda, NEVER } from './agenda.ts'
import { makeDriver } from './driver.ts'
import { makeEmitter } from './emitter.ts'
import type { Host } from './host.ts'
import { makeIdentity } from './identity.ts'
import { makeKeep } from './keep.ts'
import { makeLists } from './lists.ts'
import { makeMyself } from './myself.ts'
import { makeOutbox } from './outbox.ts'
import { here } from './page.ts'
import { type Frame, time } from './reader.ts'
import { makeTokens } from './tokens.ts'
import type { Client, ClientOptions, Member, Payloads, StateChange } from './types.ts'
import { makeWays } from './ways.ts'

/** For the answer to a request. */
const ANSWER = 10_000
const IDLE_AFTER = 300_000
const ROOM = 256
/** Nobody has to beat more often. */
const LEAST_INTERVAL = 250

/** A client of one server. Throws `TypeError` for options that cannot be. */
export function createClient<P extends Payloads = Payloads>(options: ClientOptions<P>): Client<P> {
  const { host = here(), member, observer, getToken } = options
  const url = addressOf(options.url, host)
  let hello = copyOf(helloOf(options))
  /** The last one. */
  let welcome: Frame<'welcome'> | undefined
  /** The server's clock - ours. */
  let ahead = 0
  let isGone = false

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
    if (tokenExpires !== undefined) tokens?.lasts(time(tokenExpires) - agenda.now() - ahead)
  }
  const refresh = (token: string) => outbox.request({ t: 'auth', token }, ANSWER).then(lasts)
  const unauthorized = () => driver.take({ type: 'denied', final: true })
  const tokens = getToken && makeTokens(getToken, agenda, refresh, unauthorized, problem)

  const heard = (frame: ServerMessage) => {
    switch (frame.t) {
      case 'welcome': {
        const interval = time(frame.timing.interval, LEAST_INTERVAL)
        const timeout = time(frame.timing.timeout)
        ahead = time(frame.now) - agenda.now()
        welcome = frame
        lasts(frame)
        return take({
          type: 'welcome',
          interval,
          timeout,
          always: !ways.worked() || frame.evidence === 'beat',
        })
      }
      case 'moved': {
        const { min, max } = frame.retryAfter
        return take({ type: 'moved', window: { min: time(min), max: time(max) } })
      }
      case 'beat':
        ahead = time(frame.now) - agenda.now()
        return myself.settled()
      case 'message':
        if (emitter.emit('message', frame.data as P['down']) && frame.id !== undefined)
          send({ t: 'ack', id: frame.id })
        return
      case 'ack':
      case 'answer':
        return void outbox.answered(frame)
      case 'error':
        if (!outbox.answered(frame) && !lists.refused(frame))
          problem('refused', `the server refused ${frame.re}: ${frame.message}`, { server: frame.code })
        return
      case 'snapshot':
      case 'diff':
      case 'counts':
        lists.heard(frame)
    }
  }
  const read = (text: string) => {
    try {
      const frame: ServerMessage = JSON.parse(text)
      if (typeof frame.t !== 'string') throw new TypeError('no t')
      // any message proves that something lives there
      take({ type: 'heard', beat: frame.t === 'beat' })
      heard(frame)
    } catch (cause) {
      problem('bad_frame', `the server sent what is no message: ${text.slice(0, 80)}`, { cause })
    }
  }
  const changed = (change: StateChange) => {
    const { to, reason } = change
    if (reason === 'welcome') {
      myself.greeted(welcome!.resumed)
      lists.greeted()
    }
    if (to === 'online') {
      myself.tell()
      lists.flush()
      outbox.flush()
    } else if (to !== 'probing') outbox.drop('lost', 'the connection broke', ({ sent }) => sent)
    if (to === 'closed') {
      // whoever signs in next is somebody else
      tokens?.forget('connect')
      const given = outbox.drop('dropped', 'the client was closed', () => true)
      if (given > 0) problem('dropped', `closed with ${given} messages unsent`)
    }
    emitter.emit('state', change)
  }
  const driver = makeDriver(
    host,
    agenda,
    identity,
    tokens,
    ways,
    () =>
      JSON.stringify({
        t: 'hello',
        ...hello,
        ...(!observer && myself.hello()),
        token: tokens?.token(),
        ...identity.next(),
      }),
    read,
    changed,
    problem,
  )
  const { take, machine } = driver
  const unlisten = host.listen(signal => {
    if (signal === 'active') return myself.active()
    driver.signal(signal)
    myself.tell()
  })
  const connect = () => {
    if (!isGone) take({ type: 'connect' })
  }
  // whoever made it can listen before anything happens
  if (options.autoConnect !== false)
    void Promise.resolve().then(() => machine().state === 'idle' && connect())
  return {
    get state() {
      return machine().state
    },
    get session() {
      return welcome?.session ?? null
    },
    get member() {
      return welcome?.member ?? null
    },
    get now() {
      return agenda.now() + ahead
    },
    connect,
    probe: () => take({ type: 'wake' }),
    leave: () => take({ type: 'leave' }),
    destroy() {
      isGone = true
      take({ type: 'destroy' })
      unlisten()
      identity.destroy()
      agenda.close()
      // not before everybody was told
      void Promise.resolve().then(emitter.clear)
    },
    on: emitter.on,
    send: data => outbox.post({ t: 'message', data }),
    deliver: (data, timeout = ANSWER) => outbox.request({ t: 'message', data }, timeout).then(() => {}),
    ask: ids =>
      outbox
        .request({ t: 'ask', members: ids.map(String) }, ANSWER)
        .then(({ entries }) => entries as Member<P>[]),
    watch: lists.watch,
    isOnline: lists.isOnline,
    lastSeen: lists.lastSeen,
    setStatus: status => myself.setStatus(copyOf(status)),
    update(details) {
      hello = { ...hello, ...copyOf(details) }
      outbox.post({ t: 'update', ...details })
    },
    enter: myself.enter,
    exit: myself.exit,
  }
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
  if ([member !== undefined, getToken, observer].filter(Boolean).length !== 1)
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
