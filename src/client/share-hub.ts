// What runs in the shared worker: one client, and the tabs that reach the server through it. It passes frames on, gives
// every answer to its tab, and lets the client run on what tabs tell: it is seen while one of them is, and remembered by
// what they keep. Nothing that comes in on a port may harm it.

import { createClient } from './client.ts'
import type { ClientTransport, Host, Line, LineEvents, Signal } from './host.ts'
import { here } from './page.ts'
import type { Arrival, Port, ToTab, ToWorker } from './share-port.ts'
import { ws } from './socket.ts'
import { type Client, type ClientOptions, type State, type TokenRequest, Unauthorized } from './types.ts'

type Frame = { readonly t: string; readonly [key: string]: unknown }

interface Tab extends Arrival {
  readonly number: number
  post(message: ToTab): void
  hidden: boolean
  /** It said hello and was not told of a close since. */
  waits?: boolean
  /** It was welcomed, on the present connection. */
  live?: boolean
  /** It was welcomed before. */
  known?: boolean
  /** The last close it was told of, or would have been. */
  told?: number
  /** It waited by itself when there was nothing more to wait for. */
  late?: boolean
  /** What it said of itself, by what that is about. */
  readonly said: Map<string, string>
  /** What it may only say again. */
  again: Set<string>
  /** What it watches, as `keysOf` gives it. */
  readonly scopes: Set<string>
}

/** After the last tab: a page that is loaded again takes a moment. */
const LINGER = 1_000
/** For one tab's token, until another is asked too. The client waits for 10 s in all. */
const TURN = 4_000
/** What every tab tells within so many ms happened once. */
const ONCE = 500
const FOR_ALL = ['beat', 'message', 'snapshot', 'diff', 'counts']

/** Gives what lets a tab in. `host`: a program's, with locks. */
export function makeHub(
  host: Host = { ...here(), locks: navigator.locks ?? null },
  make = createClient,
): (port: Port) => void {
  const tabs = new Set<Tab>()
  const signaled: Record<string, number> = { active: 0, wake: 0, online: 0, offline: 0 }
  let client: Client | null = null
  let line: Line | null = null
  let sse: ClientTransport
  let welcome = {}
  let tell: (signal: Signal) => void
  let hidden = false
  let ending: unknown
  let last = 0
  let lock = ''
  /** What a tab brought with its hello. */
  let brought: string | null = null
  let wanted: ((token: string | Promise<never>) => void) | null = null

  const toAll = (message: ToTab) => {
    for (const tab of tabs) tab.post(message)
  }
  const send = (frame: object) => {
    if (isUp(client?.state)) line?.send(JSON.stringify(frame))
  }
  const locks = host.locks as LockManager | null
  const request = (name: string, granted: () => unknown) => locks?.request(name, granted).catch(() => {})

  // seen while a tab is
  const look = () => {
    const none = [...tabs].every(tab => tab.hidden)
    if (none !== hidden) tell?.(none ? 'hidden' : 'visible')
    hidden = none
  }
  const signal = (tab: Tab, what: Signal) => {
    const now = host.now()
    if (what === 'hidden' || what === 'visible') {
      tab.hidden = what === 'hidden'
      look()
    } else if (Math.abs(now - signaled[what]!) > ONCE) {
      signaled[what] = now
      tell?.(what)
    }
  }

  // but what another tab watches too
  const unwatch = (tab: Tab, keys: Iterable<string>) => {
    for (const key of [...keys]) {
      tab.scopes.delete(key)
      if (![...tabs].some(({ scopes }) => scopes.has(key))) send({ t: 'unwatch', ...JSON.parse(key) })
    }
  }
  const drop = (tab: Tab) => {
    tab.waits = false
    tab.live = false
    unwatch(tab, tab.scopes)
  }
  const leave = (tab: Tab, cached: boolean) => {
    if (!tabs.delete(tab)) return
    drop(tab)
    if (tabs.size > 0) return look()
    tell?.(cached ? 'cached' : 'leaving')
    if (!cached)
      ending = host.after(LINGER, () => {
        client?.destroy()
        client = null
      })
  }

  // those that are seen first, for their timers run; each has its turn, and the first answer counts
  const getToken = ({ reason }: TokenRequest) => {
    const first = brought
    brought = null
    if (reason === 'connect' && first) return first
    return new Promise<string>(resolve => {
      wanted = resolve
      const asked = [...tabs].filter(tab => tab.tokens).sort((a, b) => Number(a.hidden) - Number(b.hidden))
      asked.forEach((tab, turn) => {
        host.after(turn * TURN, () => wanted === resolve && tab.post(['token', { reason }]))
      })
    })
  }

  const answer = (give: () => string | Promise<never>) => {
    const resolve = wanted
    wanted = null
    resolve?.(give())
  }

  const greet = (tab: Tab) => {
    const news = { now: client!.now, tokenExpires: undefined }
    // after a break a tab says again what it said, maybe long before another tab said otherwise
    tab.again = new Set(tab.said.keys())
    tab.live = true
    tab.known = true
    tab.post(JSON.stringify({ ...welcome, ...news }))
  }
  const read = (text: string, told: LineEvents) => {
    const frame = frameOf(text)
    const { t, id } = frame
    const [, number, own] = /^(\d+) (.+)$/.exec(t === 'message' ? '' : `${id}`) ?? []
    // to the client a sign of life, no more
    told.text(own ? '{"t":""}' : text)
    if (t === 'welcome') welcome = frame
    for (const tab of tabs)
      if (own && `${tab.number}` === number) tab.post(JSON.stringify({ ...frame, id: JSON.parse(own) }))
      else if (t === 'welcome' && tab.waits && isUp(client?.state)) greet(tab)
      else if (tab.live && FOR_ALL.includes(t)) tab.post(text)
  }
  const tap = (name: string, pings: boolean, way: () => ClientTransport): ClientTransport => ({
    name,
    pings,
    connect(url, told) {
      const mine = way().connect(url, { ...told, text: text => line === mine && read(text, told) })
      line = mine
      return mine
    },
  })

  const begin = ({ url, kept, idleAfter, tokens }: Tab, who: object): Client => {
    const own = make({
      ...who,
      ...(tokens && { getToken }),
      idleAfter,
      url,
      host: {
        ...host,
        listen(to: typeof tell) {
          tell = to
          if (hidden) tell('hidden')
          return () => {
            tell = () => {}
          }
        },
        // a way is remembered for the visit only
        storage: kept !== undefined && {
          getItem: (key: string) => (key.includes(' way ') ? null : kept),
          setItem: (key: string, text: string) => key.includes(' way ') || toAll(['keep', text]),
        },
        // a browser runs this worker once, so nobody else is this instance
        locks: { request: async (_name: string, _options: unknown, held: () => unknown) => held() },
      },
      transports: [tap('ws', true, () => ws), tap('sse', false, () => sse)],
      autoConnect: false,
    } as unknown as ClientOptions)
    own.on('problem', problem => toAll(['problem', { ...problem, cause: `${problem.cause}` }]))
    own.on('state', ({ from, to, code }) => {
      // who waits for a connection goes on to wait while one is begun
      const over = !isUp(to) && (to !== 'connecting' || isUp(from))
      // the tab would try again after others
      const told = to === 'closed' ? (code < 4500 ? 1000 : code) : 1006
      // whoever signs in next is somebody else
      if (to === 'closed') brought = null
      for (const tab of tabs) {
        if (to === 'online' && !tab.waits) tab.post(['wake'])
        if (!over) continue
        if (to === 'closed') tab.known = false
        if (tab.waits) tab.post(['closed', told])
        else if (tab.told === 1006) tab.late = to === 'closed'
        tab.told = told
        drop(tab)
      }
    })
    return own
  }
  const said = (tab: Tab, frame: Frame) => {
    const { t, id, ...rest } = frame
    if (t === 'hello') {
      const { instance, epoch, token, ...who } = rest
      if (!tab.known && !isUp(client?.state)) brought = token as string
      client ??= begin(tab, who)
      if (tab.late) {
        tab.late = false
        return tab.post(['closed', tab.told!])
      }
      tab.waits = true
      client.connect()
      if (isUp(client.state)) greet(tab)
    }
    if (!client || !tab.live) return
    switch (t) {
      case 'beat':
        if (client.state === 'online') tab.post(JSON.stringify({ t, now: client.now }))
        return
      case 'bye':
        return client.leave()
      case 'hello':
      case 'away':
      case 'back':
        return
      case 'status':
      case 'enter':
      case 'exit': {
        const key = t === 'status' ? '' : `${rest.group}`
        const text = JSON.stringify(frame)
        if (tab.again.delete(key) && tab.said.get(key) === text) return
        tab.said.set(key, text)
        return t === 'status' ? client.setStatus(rest) : client[t](rest.group as string)
      }
      case 'update':
        return client.update(rest)
      case 'unwatch':
        return unwatch(tab, keysOf(rest))
      case 'watch':
        for (const key of keysOf(rest)) tab.scopes.add(key)
    }
    // those of the worker's own client are numbers
    send(id === undefined || t === 'ack' ? frame : { ...frame, id: `${tab.number} ${JSON.stringify(id)}` })
  }
  const heard = (tab: Tab, message: ToWorker) => {
    if (typeof message === 'string') return said(tab, JSON.parse(message))
    switch (message[0]) {
      case 'open':
        return tab.post(['opened'])
      case 'drop':
        return drop(tab)
      case 'signal':
        return signal(tab, message[1])
      case 'lock':
        return request(message[1], () => leave(tab, false))
      case 'token':
        return answer(() => message[1] as string)
      case 'no token':
        return answer(() => Promise.reject(message[2] ? new Unauthorized(message[1]) : new Error(message[1])))
      case 'gone':
        return leave(tab, message[1])
    }
  }

  import('./sse.ts').then(
    module => {
      sse = module.sse
    },
    () => {},
  )
  const mine = `systole worker ${host.random()}`
  request(mine, () => {
    lock = mine
    toAll(['lock', mine])
    return new Promise(() => {})
  })
  return port => {
    const post = (message: ToTab) => port.postMessage(message)
    let tab: Tab | null = null
    port.onmessage = ({ data }) => {
      try {
        if (!tab && data[0] === 'open') {
          tab = {
            ...(data[1] as Arrival),
            number: ++last,
            post,
            said: new Map(),
            again: new Set(),
            scopes: new Set(),
          }
          host.cancel(ending)
          tabs.add(tab)
          look()
          // what broke while nobody was there is found out
          if (tabs.size === 1) tell?.('wake')
          if (lock) post(['lock', lock])
        }
        if (tab) heard(tab, data)
      } catch (error) {
        post(['problem', { code: 'share', message: `the worker did not understand: ${error}` }])
      }
    }
  }
}

function isUp(state: State | undefined): boolean {
  return state === 'online' || state === 'probing'
}

/** What is no message has an empty `t`. */
function frameOf(text: string): Frame {
  try {
    return { t: '', ...JSON.parse(text) }
  } catch {
    return { t: '' }
  }
}

/** The scopes of a `watch` or `unwatch`, each as JSON; every id is one. */
function keysOf({ members, group, all, counts }: Omit<Frame, 't'>): readonly string[] {
  const scopes = Array.isArray(members) ? members.map(id => ({ members: [id] })) : [{ group, all, counts }]
  return scopes.map(scope => JSON.stringify(scope))
}
