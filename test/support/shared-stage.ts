// A browser for tests of the shared worker: ports, locks, storage and time are made here, and so is the server that a
// worker or a lonely tab reaches. Everything happens in the order of the virtual time.

import type { Host, LineEvents, Signal } from '../../src/client/host.ts'
import { createSharedClient, type ShareOptions } from '../../src/client/share.ts'
import { makeHub } from '../../src/client/share-hub.ts'
import type { Client, Problem, State } from '../../src/client/types.ts'

type Message = Record<string, unknown> & { readonly t: string }

/** Runs what was put off, in order of time. */
class Time {
  now = 1_000_000
  #timers = new Map<number, { at: number; run: () => void }>()
  #last = 0

  get waiting(): number {
    return this.#timers.size
  }

  after(ms: number, run: () => void): number {
    this.#timers.set(++this.#last, { at: this.now + ms, run })
    return this.#last
  }

  cancel(timer: unknown): void {
    this.#timers.delete(timer as number)
  }

  async advance(ms: number): Promise<void> {
    const end = this.now + ms
    await settled()
    for (;;) {
      const [next] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)
      if (next === undefined) break
      const [timer, { at, run }] = next
      this.#timers.delete(timer)
      this.now = Math.max(this.now, at)
      run()
      await settled()
    }
    this.now = end
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 60; i++) await Promise.resolve()
}

/** Locks as a browser has them: one holder, the others wait in a line. */
class Locks {
  #held = new Map<string, number>()
  #lines = new Map<string, (() => void)[]>()

  get names(): string[] {
    return [...this.#held.keys()]
  }

  async request(name: string, ...rest: [() => unknown] | [LockOptions, () => unknown]): Promise<void> {
    const granted = rest.at(-1) as () => unknown
    const { signal, mode } = (rest.length > 1 ? rest[0] : {}) as LockOptions
    await null
    while (this.#held.has(name))
      await new Promise<void>((resolve, reject) => {
        const line = this.#lines.get(name) ?? []
        this.#lines.set(name, [...line, resolve])
        signal?.addEventListener('abort', () => reject(new Error('aborted')))
      })
    if (signal?.aborted) throw new Error('aborted')
    if (mode !== 'shared') this.#held.set(name, 1)
    await Promise.resolve(granted())
    this.release(name)
  }

  release(name: string): void {
    this.#held.delete(name)
    for (const go of this.#lines.get(name) ?? []) go()
    this.#lines.delete(name)
  }
}

export class FakePort {
  onmessage: ((event: MessageEvent) => void) | null = null
  other: FakePort | null = null
  open = true

  postMessage(message: unknown): void {
    const copy = structuredClone(message)
    const { other } = this
    queueMicrotask(() => other?.open && other.onmessage?.({ data: copy } as MessageEvent))
  }

  close(): void {
    this.open = false
  }
}

/** The server, as far as a client sees it: greets, answers beats, and keeps what it was sent. */
class FakeServer {
  readonly links: { told: LineEvents; sent: Message[]; code: number | null }[] = []
  up = true
  /** A close code in place of the welcome. */
  refuses = 0

  readonly Socket = (() => {
    const server = this
    return class {
      static readonly CONNECTING = 0
      readonly CONNECTING = 0
      readonly OPEN = 1
      readyState = 0
      protocol = 'systole.v1'
      onopen: (() => void) | null = null
      onmessage: ((event: { data: string }) => void) | null = null
      onclose: ((event: { code: number; reason: string }) => void) | null = null
      onerror: (() => void) | null = null
      link: FakeServer['links'][number]

      constructor() {
        const told: LineEvents = {
          opened: () => {
            this.readyState = 1
            this.onopen?.()
          },
          text: data => this.onmessage?.({ data }),
          closed: code => {
            this.readyState = 3
            this.onclose?.({ code, reason: '' })
          },
        }
        this.link = { told, sent: [], code: null }
        server.links.push(this.link)
        queueMicrotask(() => (server.up ? told.opened('systole.v1') : told.closed(1006, '')))
      }

      send(text: string): void {
        const message = JSON.parse(text)
        this.link.sent.push(message)
        if (server.refuses) return this.link.told.closed(server.refuses, '')
        server.answer(message, frame => this.link.told.text(JSON.stringify(frame)))
      }

      close(code: number): void {
        this.readyState = 3
        this.link.code = code
      }
    }
  })()

  get last() {
    return this.links.at(-1)!
  }

  sent(t: string): Message[] {
    return this.links.flatMap(({ sent }) => sent).filter(message => message.t === t)
  }

  answer({ t, id, member, token, all, members }: Message, say: (frame: object) => void): void {
    const timing = { interval: 10_000, timeout: 5_000, grace: 10_000 }
    if (t === 'hello')
      say({
        t: 'welcome',
        session: 's1',
        member: member ?? token ?? null,
        timing,
        evidence: 'any',
        now: 5_000,
        resumed: false,
      })
    if (t === 'beat') say({ t: 'beat', now: 5_000 })
    if (t === 'ask')
      say({ t: 'answer', id, entries: (members as string[]).map(member => ({ member, state: 'unknown' })) })
    if (t === 'watch' && all) {
      const entries = [{ member: 'ana', state: 'online', version: 1 }]
      say({ t: 'snapshot', of: 'all', part: 0, entries, cursor: 'c1' })
    }
  }
}

/** What there is in the present test. */
export const stage = {
  time: new Time(),
  locks: new Locks(),
  server: new FakeServer(),
  stored: new Map<string, string>(),
  /** The worker that runs; `null`: the next tab starts one. */
  hub: null as ReturnType<typeof makeHub> | null,
  workers: 0,
  /** The worker's ends of all ports. */
  opened: [] as FakePort[],
}
let seed = 1
const were = new Map<string, unknown>()

export function put(name: string, value: unknown): void {
  if (!were.has(name)) were.set(name, Reflect.get(globalThis, name))
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}

/** The same in every run. */
function chance(): number {
  seed = (seed * 48_271) % 2_147_483_647
  return seed / 2_147_483_647
}

function hostOf(over: Partial<Host> = {}): Host {
  return {
    now: () => stage.time.now,
    after: (ms, run) => stage.time.after(ms, run),
    cancel: timer => stage.time.cancel(timer),
    random: chance,
    bytes: count => new Uint8Array(count).map(() => Math.floor(chance() * 256)),
    listen: () => () => {},
    storage: null,
    locks: stage.locks as unknown as LockManager,
    base: 'https://page.example/',
    ...over,
  }
}

/** Everything anew. `end` undoes it. */
export function begin(): void {
  seed = 20_261
  stage.time = new Time()
  stage.locks = new Locks()
  stage.server = new FakeServer()
  stage.stored = new Map()
  stage.hub = null
  stage.workers = 0
  stage.opened.length = 0
  put('localStorage', {
    getItem: (key: string) => stage.stored.get(key) ?? null,
    setItem: (key: string, text: string) => void stage.stored.set(key, text),
  })
  put('WebSocket', stage.server.Socket)
  put(
    'SharedWorker',
    class {
      onerror: (() => void) | null = null
      port = new FakePort()
      constructor() {
        const inner = new FakePort()
        inner.other = this.port
        this.port.other = inner
        stage.opened.push(inner)
        if (stage.hub === null) {
          stage.workers++
          stage.hub = makeHub(hostOf({ base: null }))
        }
        stage.hub(inner as never)
      }
    },
  )
}

export function end(): void {
  for (const [name, value] of were)
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  were.clear()
}

interface TabSeen {
  readonly client: Client
  readonly states: State[]
  readonly problems: Problem[]
  readonly messages: unknown[]
  signal(signal: Signal): void
  readonly listening: () => boolean
}

export function openTab(options: Partial<ShareOptions> = {}, first?: Signal): TabSeen {
  let tell: ((signal: Signal) => void) | null = null
  const listen: Host['listen'] = pass => {
    tell = pass
    if (first) pass(first)
    return () => {
      tell = null
    }
  }
  const who = options.getToken || options.observer ? {} : { member: 'ana' }
  const client = createSharedClient({
    ...who,
    url: 'wss://s.example/',
    worker: '/w.js',
    host: hostOf({ listen }),
    ...options,
  })
  const seen = { client, states: [] as State[], problems: [] as Problem[], messages: [] as unknown[] }
  client.on('state', ({ to }) => seen.states.push(to))
  client.on('problem', problem => seen.problems.push(problem))
  client.on('message', message => seen.messages.push(message))
  return { ...seen, signal: signal => tell?.(signal), listening: () => tell !== null }
}
