// The door that a program has: a client made of its parts, and what is asked of it passed on.

import type { Host } from './host.ts'
import { here } from './page.ts'
import { ANSWER, makeParts } from './parts.ts'
import type { Client, ClientOptions, Member, Payloads } from './types.ts'

/** A client of one server. Throws `TypeError` for options that cannot be. */
export function createClient<P extends Payloads = Payloads>(options: ClientOptions<P>): Client<P> {
  const { host = here(), autoConnect = true } = options
  let hello = helloOf(options)
  // what is no JSON throws here
  JSON.stringify(hello)
  const parts = makeParts(options, host, addressOf(options.url, host), () => hello)
  const { agenda, driver, emitter, identity, lists, myself, outbox } = parts
  const { take, machine } = driver
  const unlisten = host.listen(signal => {
    if (signal === 'active') return myself.active()
    driver.signal(signal)
    myself.tell()
  })
  let isGone = false
  const connect = () => {
    if (!isGone) take({ type: 'connect' })
  }
  // whoever made it can listen before anything happens
  if (autoConnect) void Promise.resolve().then(() => machine().state === 'idle' && connect())
  return {
    get state() {
      return machine().state
    },
    get session() {
      return parts.welcome?.session ?? null
    },
    get member() {
      return parts.welcome?.member ?? null
    },
    get now() {
      return agenda.now() + parts.ahead
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
      emitter.clear()
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
    setStatus: myself.setStatus,
    update(details) {
      outbox.post({ t: 'update', ...details })
      hello = { ...hello, ...details }
    },
    enter: myself.enter,
    exit: myself.exit,
  }
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

/** Without `URL` where the address is whole: not every place has one. */
function addressOf(url = '/', { base }: Host): string {
  if (/^wss?:/i.test(url)) return url
  try {
    const { protocol, href } = new URL(url, base ?? undefined)
    if (/^https?:/.test(protocol)) return href.replace(/^http|#.*/g, found => (found === 'http' ? 'ws' : ''))
  } catch {
    // said below
  }
  throw new TypeError(`url ${url} is no address: give wss://…, https://… or a path of the page's host`)
}
