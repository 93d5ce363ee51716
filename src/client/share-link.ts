// The tab's end of what leads to the shared worker: for the client it is a way to the server, and a place to run at that
// also tells the worker what it tells. It notices when no worker is to be had, or the one there was is gone, and lets the
// worker notice when this tab is: each holds a Web Lock that the other asks for.

import { SUBPROTOCOL } from '../protocol/version.ts'
import type { ClientTransport, Host, LineEvents, Signal } from './host.ts'
import { type ToTab, type ToWorker, VERSION } from './share-port.ts'
import { ws } from './socket.ts'
import { type ClientOptions, type Tell, type TokenRequest, Unauthorized } from './types.ts'

export interface ShareLink {
  readonly host: Host
  readonly way: ClientTransport
}

/** For the worker's answer, in ms. */
const PATIENCE = 3_000
/** Between moves that are told. */
const MOVES = 1_000

/** `address`: of the worker's module. */
export function shareLink(address: string, host: Host, options: ClientOptions, problem: Tell): ShareLink {
  const { member, observer, getToken, idleAfter } = options
  const who = (observer ? '' : getToken ? '*' : `=${member}`) + (observer && getToken ? '-' : '')
  let name = ''
  let worker: SharedWorker | null = null
  let held = new AbortController()
  let told: LineEvents | null = null
  let tell: (signal: Signal) => void
  let hidden = false
  let moved = 0
  let timer: unknown
  let alone = false

  const post = (message: ToWorker) => worker?.port.postMessage(message)
  const lock = (of: string, mode: LockMode, granted: () => unknown) =>
    // without locks nobody notices a tab or a worker that crashed
    (host.locks as LockManager | null)?.request(of, { mode, signal: held.signal }, granted).catch(() => {})
  const patient = () => {
    host.cancel(timer)
  }
  const closed = (code: number) => {
    const line = told
    told = null
    line?.closed(code, '')
  }
  const shut = (cached: boolean) => {
    post(['gone', cached])
    patient()
    held.abort()
    if (worker !== null) {
      worker.onerror = worker.port.onmessage = null
      worker.port.close()
    }
    worker = null
  }
  const fail = (ms: number, why: string) => {
    patient()
    timer = host.after(ms, () => {
      alone = true
      shut(false)
      problem('share', `this tab has a connection of its own: ${why}`)
      closed(1006)
    })
  }
  const token = async (request: TokenRequest) => {
    try {
      post(['token', await getToken?.(request)])
    } catch (error) {
      post(['no token', String(error), error instanceof Unauthorized])
    }
  }
  const stored = <T>(use: (storage: Storage) => T) => {
    try {
      return use(localStorage)
    } catch (cause) {
      return void problem('storage', `the session of this browser is not kept: ${cause}`, { cause })
    }
  }
  const heard = (message: ToTab) => {
    if (typeof message === 'string') return told?.text(message)
    switch (message[0]) {
      case 'opened':
        patient()
        return told?.opened(SUBPROTOCOL)
      case 'closed':
        return closed(message[1])
      case 'wake':
        return tell('wake')
      case 'token':
        return void token(message[1])
      case 'keep':
        return stored(storage => storage.setItem(address + name, message[1]))
      case 'problem':
        return problem(message[1].code, message[1].message, message[1])
      case 'lock':
        return lock(message[1], 'shared', () => {
          shut(false)
          closed(1006)
        })
    }
  }
  const reach = () => {
    held = new AbortController()
    const { signal } = held
    worker = new SharedWorker(address, { type: 'module', name })
    worker.onerror = () => fail(0, `${address} cannot be loaded`)
    worker.port.onmessage = ({ data }) => heard(data)
    const mine = `${name} ${host.random()}`
    lock(mine, 'exclusive', () => {
      post(['lock', mine])
      return new Promise(release => {
        signal.onabort = release
      })
    })
  }
  const open = (url: string) => {
    name = `systole ${VERSION} ${url} ${who}`
    if (worker === null) reach()
    const kept = stored(storage => storage.getItem(address + name))
    post(['open', { url, hidden, idleAfter, tokens: getToken !== undefined, kept }])
  }
  const connect: ClientTransport['connect'] = (url, line) => {
    if (alone) return ws.connect(url, line)
    told = line
    fail(PATIENCE, `the worker said nothing for ${PATIENCE} ms`)
    try {
      open(url)
    } catch (error) {
      fail(0, String(error))
    }
    return {
      send: post,
      close: () => {
        if (told !== line) return
        told = null
        patient()
        post(['drop'])
      },
    }
  }
  const listen: Host['listen'] = pass => {
    tell = pass
    const stop = host.listen(signal => {
      if (signal === 'hidden' || signal === 'visible') hidden = signal === 'hidden'
      if (signal === 'active') {
        // the worker says who is away
        if (Math.abs(host.now() - moved) < MOVES) return
        moved = host.now()
      }
      post(['signal', signal])
      pass(signal)
      if (signal === 'leaving' || signal === 'cached') shut(signal === 'cached')
    })
    return () => {
      stop()
      shut(false)
    }
  }
  // not copied: to look at its storage may throw
  return { host: Object.create(host, { listen: { value: listen } }), way: { ...ws, connect } }
}
