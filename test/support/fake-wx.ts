// A WeChat mini-program's platform as it is documented and known to behave: callbacks come later, five sockets at most, a
// socket cannot be used or closed before it is open, and 5 s after it went into the background a program is stopped and
// its sockets are gone. Time is virtual (or real, by `clock`); the far ends are the test's.

import type { Wx, WxNetwork } from '../../src/client/wx-global.ts'
import { FakeWxSocket } from './fake-wx-socket.ts'

export interface FakeWxClock {
  now(): number
  after(ms: number, run: () => void): unknown
  cancel(timer: unknown): void
}

export interface FakeWxOptions {
  /** @default virtual time */
  readonly clock?: FakeWxClock
  /** How long a program runs in the background, in ms. @default 5,000 */
  readonly background?: number
  /** How a program hears of a socket the platform took; `null`: never, as some versions do. @default code 1000 */
  readonly taken?: { readonly code: number; readonly reason: string } | null
  /** Listeners can be taken back. @default true */
  readonly off?: boolean
}

const MOST_SOCKETS = 5
const BACKGROUND = 5_000

interface Due {
  readonly at: number
  readonly run: () => void
}

class VirtualTime implements FakeWxClock {
  #now = 1_700_000_000_000
  readonly #due = new Set<Due>()

  get waiting(): number {
    return this.#due.size
  }

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): Due {
    const due = { at: this.#now + ms, run }
    this.#due.add(due)
    return due
  }

  cancel(timer: unknown): void {
    this.#due.delete(timer as Due)
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      this.#due.delete(next)
      this.#now = next.at
      next.run()
    }
    this.#now = end
  }

  #next(end: number): Due | null {
    let first: Due | null = null
    for (const due of this.#due) if (due.at <= end && (first === null || due.at < first.at)) first = due
    return first
  }
}

export class FakeWx {
  readonly time = new VirtualTime()
  readonly sockets: FakeWxSocket[] = []
  readonly storage = new Map<string, string>()
  /** Every write throws. */
  full = false
  /** Called with each socket that is being opened. */
  onSocket: (socket: FakeWxSocket) => void = () => {}
  readonly wx: Wx
  readonly #clock: FakeWxClock
  readonly #options: FakeWxOptions
  readonly #shown = new Set<() => void>()
  readonly #hidden = new Set<() => void>()
  readonly #networks = new Set<(what: WxNetwork) => void>()
  /** What the program would have done or heard while it was stopped. */
  #held: (() => void)[] = []
  #stopped = false
  #background: unknown = null

  constructor(options: FakeWxOptions = {}) {
    this.#options = options
    this.#clock = options.clock ?? this.time
    this.wx = this.#make()
  }

  get listeners(): number {
    return this.#shown.size + this.#hidden.size + this.#networks.size
  }

  get open(): FakeWxSocket[] {
    return this.sockets.filter(({ state }) => state !== 'closed')
  }

  get last(): FakeWxSocket {
    return this.sockets.at(-1)!
  }

  /** Time as the program has it: its timers do not run while it is stopped. */
  readonly timers: FakeWxClock = {
    now: () => this.#clock.now(),
    after: (ms, run) => {
      const timer = { cancelled: false, own: null as unknown }
      const due = () => {
        if (!timer.cancelled) run()
      }
      timer.own = this.#clock.after(ms, () => this.#run(due))
      return timer
    },
    cancel: timer => {
      if (!isTimer(timer)) return
      timer.cancelled = true
      this.#clock.cancel(timer.own)
    },
  }

  /** Virtual time only. */
  advance(ms: number): void {
    this.time.advance(ms)
  }

  hide(): void {
    for (const listener of this.#hidden) this.#later(listener)
    this.#background = this.#clock.after(this.#options.background ?? BACKGROUND, () => this.#stop())
  }

  show(): void {
    this.#clock.cancel(this.#background)
    this.#stopped = false
    for (const listener of this.#shown) this.#later(listener)
    for (const run of this.#held.splice(0)) this.#later(run)
  }

  network(networkType: string): void {
    for (const listener of this.#networks)
      this.#later(() => listener({ networkType, isConnected: networkType !== 'none' }))
  }

  #stop(): void {
    this.#stopped = true
    const { taken = { code: 1000, reason: 'interrupted' } } = this.#options
    for (const socket of this.open) socket.take(taken)
  }

  #later(run: () => void): void {
    this.#clock.after(0, () => this.#run(run))
  }

  #run(run: () => void): void {
    if (this.#stopped) this.#held.push(run)
    else run()
  }

  #make(): Wx {
    const offs = {
      offAppShow: (listener: () => void) => void this.#shown.delete(listener),
      offAppHide: (listener: () => void) => void this.#hidden.delete(listener),
      offNetworkStatusChange: (listener: (what: WxNetwork) => void) => void this.#networks.delete(listener),
    }
    return {
      connectSocket: ({ url, protocols, fail }) => {
        if (this.open.length >= MOST_SOCKETS) {
          this.#later(() => fail({ errMsg: 'connectSocket:fail exceed max task count' }))
          return undefined
        }
        const socket = new FakeWxSocket(url, protocols, fail, run => this.#later(run))
        this.sockets.push(socket)
        this.onSocket(socket)
        return socket.task
      },
      onAppShow: listener => void this.#shown.add(listener),
      onAppHide: listener => void this.#hidden.add(listener),
      onNetworkStatusChange: listener => void this.#networks.add(listener),
      ...(this.#options.off !== false && offs),
      getStorageSync: key => this.storage.get(key) ?? '',
      setStorageSync: (key, value) => {
        if (this.full) throw new Error('setStorageSync:fail exceed storage max size')
        this.storage.set(key, value)
      },
      getRandomValues: ({ length, success }) => {
        const values = crypto.getRandomValues(new Uint8Array(length))
        this.#later(() => success({ randomValues: values.buffer }))
      },
    }
  }
}

function isTimer(timer: unknown): timer is { cancelled: boolean; readonly own: unknown } {
  return typeof timer === 'object' && timer !== null && 'cancelled' in timer
}
