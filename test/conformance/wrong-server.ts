// Servers that are wrong on purpose, to prove that the suite can fail: one that says nothing, one that welcomes and
// then forgets its watchers, and a go-between that spoils what a right server says in one way at a time.

import type { Server, ServerWebSocket } from 'bun'
import { WebSocket } from 'ws'
import { SUBPROTOCOL } from './stage.ts'

/** A message on its way; what is returned goes on instead of it, in this order. */
export type Spoil = (message: Message) => readonly Message[]

export interface Message {
  readonly t: string
  readonly [key: string]: unknown
}

/** What a go-between does to either direction. */
export interface Mutant {
  readonly fromServer?: Spoil
  readonly fromClient?: Spoil
  /** Instead of the server's close code. */
  readonly close?: number
}

export interface Wrong {
  readonly port: number
  stop(): Promise<void>
}

/** Takes connections and never says a word. */
export function mute(): Wrong {
  return listening(() => {})
}

/** Welcomes, answers beats and asks, lists nobody, and tells no watcher anything. */
export function forgetful(): Wrong {
  let sessions = 0
  return listening((message, send) => {
    const { t, id, member = null } = message
    if (t === 'hello') send({ ...WELCOME, session: String(++sessions), member })
    else if (t === 'beat') send({ t: 'beat', now: Date.now() })
    else if (t === 'watch')
      send({ t: 'snapshot', of: 'group', group: message.group, part: 0, entries: [], cursor: 'c' })
    if (id !== undefined) send({ t: 'ack', id })
  })
}

const WELCOME = {
  t: 'welcome',
  timing: { interval: 1_000, timeout: 500, grace: 1_000 },
  evidence: 'any',
  bound: { ms: 2_700, words: 'offline after 2.7 s' },
  now: Date.now(),
  resumed: false,
  limits: {
    watch: 10_000,
    ask: 10_000,
    groups: 100,
    profile: 8_192,
    updates: 1,
    message: 65_536,
    frame: 2 ** 22,
  },
}

function listening(hear: (message: Message, send: (message: Message) => void) => void): Wrong {
  return wrapped(
    Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: upgraded,
      websocket: {
        message: (socket, text) => hear(read(text), message => void socket.send(JSON.stringify(message))),
      },
    }),
  )
}

interface Through {
  upstream: WebSocket | null
  early: string[]
}

/** Stands before the server on `port` and spoils what goes through. */
export function goBetween(port: number, mutant: Mutant): Wrong {
  return wrapped(
    Bun.serve<Through>({
      port: 0,
      hostname: '127.0.0.1',
      fetch: upgraded,
      websocket: {
        open: socket => {
          const upstream = new WebSocket(`ws://127.0.0.1:${port}`, SUBPROTOCOL)
          socket.data.upstream = upstream
          upstream.onopen = () => {
            for (const text of socket.data.early.splice(0)) upstream.send(text)
          }
          upstream.onmessage = ({ data }) => {
            for (const text of spoiled(mutant.fromServer, String(data))) socket.send(text)
          }
          upstream.onclose = ({ code }) => end(socket, mutant.close ?? code)
          upstream.onerror = () => {}
        },
        message: (socket, text) => {
          const { upstream, early } = socket.data
          const texts = spoiled(mutant.fromClient, String(text))
          if (upstream?.readyState !== WebSocket.OPEN) early.push(...texts)
          else for (const each of texts) upstream.send(each)
        },
        // a client's own code may not be sent by a browser's WebSocket: 1000 stands for all that are in order
        close: (socket, code) =>
          code === 1006 ? socket.data.upstream?.terminate() : socket.data.upstream?.close(),
      },
    }),
  )
}

function spoiled(spoil: Spoil | undefined, text: string): string[] {
  return spoil === undefined ? [text] : spoil(read(text)).map(message => JSON.stringify(message))
}

function end(socket: ServerWebSocket<Through>, code: number): void {
  if (code === 1006) socket.terminate()
  else socket.close(code === 1005 ? 1000 : code)
}

function upgraded(request: Request, server: Server<Through>): Response | undefined {
  const headers = { 'Sec-WebSocket-Protocol': SUBPROTOCOL }
  const data: Through = { upstream: null, early: [] }
  return server.upgrade(request, { headers, data }) ? undefined : new Response('no', { status: 426 })
}

function read(text: string | Buffer): Message {
  try {
    return JSON.parse(String(text)) as Message
  } catch {
    return { t: '' }
  }
}

function wrapped(server: { readonly port?: number | undefined; stop(now: boolean): Promise<void> }): Wrong {
  return { port: server.port!, stop: () => server.stop(true) }
}
