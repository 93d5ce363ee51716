// The native protocol `systole.v1` (PROTOCOL.md). Wire: JSON text frames {"t":…}, first a hello. A beat is told apart by
// its text alone; everything else is decoded, and what is refused is answered by an error. It reads and answers; who
// is online is judged elsewhere.

import { BEAT, decodeClient } from '../protocol/client-codec.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { ClientMessage, MessageId } from '../protocol/messages.ts'
import { encode } from '../protocol/server-codec.ts'
import { type About, errorFrame } from './native-errors.ts'
import { greet, reject } from './native-hello.ts'
import type { Dialect, Wire } from './wire.ts'

/** Not for an observer: they speak for a member. */
const OF_MEMBERS = new Set(['away', 'back', 'status', 'update', 'enter', 'exit', 'message'])

const UNFIT = {
  waiting: 'wait for the welcome: before it only beat and bye are taken',
  not_a_member: 'an observer speaks for no member',
} as const

/** Characters of a refused frame that are logged, and what must not be among them. */
const EXCERPT = 80
const SECRET = /hello|instance|token|auth/

/** What is asked for between hello and bye. */
type Request = Exclude<ClientMessage, { t: 'hello' | 'beat' | 'bye' }>

export const native: Dialect = {
  name: 'native',
  text(wire, text, at, read) {
    if (text === BEAT && wire.stage !== 'new') return beat(wire, at)
    const decoded = decodeClient(text, read, wire.profileBytes)
    if (decoded.ok) return heard(wire, decoded.message, at)
    const { code, message, re } = decoded
    wire.bad(code, excerptOf(wire, decoded, text))
    if (wire.stage === 'new')
      return re === 'hello' ? reject(wire, code, message, decoded) : notHello(wire, re)
    if (re === 'hello') return helloTwice(wire)
    refuse(wire, code, message, decoded)
  },
  binary(wire) {
    wire.bad('binary', '')
    if (wire.stage === 'new') notHello(wire)
    else refuse(wire, 'binary', 'frames of this protocol are text: send JSON')
  },
}

function heard(wire: Wire, message: ClientMessage, at: number): void {
  const { t } = message
  if (wire.stage === 'new') {
    if (t === 'hello') return greet(wire, message, at)
    wire.bad('hello_expected', t)
    return notHello(wire, t)
  }
  if (t === 'beat') return beat(wire, at)
  if (t === 'bye') return wire.bye(at)
  if (t === 'hello') {
    wire.bad('hello_twice', '')
    return helloTwice(wire)
  }
  const why = unfit(wire, t)
  if (why === null) return carryOut(wire, message, at)
  wire.bad(why, t)
  refuse(wire, why, UNFIT[why], { re: t, id: message.id })
}

// Why a message cannot be taken from where the connection stands.
function unfit({ stage }: Wire, t: string): keyof typeof UNFIT | null {
  if (stage === 'waiting') return 'waiting'
  return stage === 'observer' && OF_MEMBERS.has(t) ? 'not_a_member' : null
}

function carryOut(wire: Wire, message: Request, at: number): void {
  switch (message.t) {
    case 'away':
    case 'back':
      wire.hide(message.t === 'away', at)
      return done(wire, message.id)
    case 'status':
      wire.describe({ status: message.status }, at)
      return done(wire, message.id)
    case 'update': {
      const { t: _, id, ...details } = message
      wire.describe(details, at)
      return done(wire, id)
    }
    case 'enter':
      return enter(wire, message)
    case 'exit':
      return whenDone(wire, wire.exit(message.group), () => done(wire, message.id))
    case 'watch':
    case 'unwatch':
    case 'ask':
      return wire.request(message, at)
    case 'message':
      return whenDone(wire, wire.tellHost(message.data), taken => {
        if (taken) done(wire, message.id)
        else if (message.id !== undefined)
          refuse(wire, 'not_taken', 'nobody here took the message', { re: 'message', id: message.id })
      })
    case 'auth':
      if (wire.guarded) return wire.refresh(message.token, message.id, at)
      return refuse(wire, 'auth_off', 'this server asks nobody for a token', { re: 'auth', id: message.id })
    case 'ack':
      return wire.acknowledged(message.id)
  }
}

function enter(wire: Wire, { group, id }: Extract<Request, { t: 'enter' | 'exit' }>): void {
  const about = { re: 'enter', id, field: 'group' }
  if (!wire.mayEnter(group))
    return refuse(wire, 'forbidden', 'the token lets its member enter only groups it may watch', about)
  whenDone(wire, wire.enter(group), entered => {
    if (entered) return done(wire, id)
    wire.bad('too_many', 'enter')
    refuse(wire, 'too_many', 'the member is in as many groups as it may be: exit one first', about)
  })
}

function beat(wire: Wire, at: number): void {
  wire.beat(at)
  wire.answerBeat(at)
}

function done(wire: Wire, id: MessageId | undefined): void {
  if (id !== undefined) wire.send(encode({ t: 'ack', id }))
}

function refuse(wire: Wire, code: ErrorCode, message: string, about: About = {}): void {
  wire.send(errorFrame(code, message, about))
}

// Goes into a log: an instance or a token must not.
function excerptOf({ stage }: Wire, { re, field }: About, text: string): string {
  const shown = text.slice(0, EXCERPT)
  if (stage !== 'new' && field == null && !SECRET.test(shown)) return shown
  return [re, field].filter(Boolean).join(' ')
}

function helloTwice(wire: Wire): void {
  refuse(wire, 'hello_twice', 'a hello was heard already: open another connection', { re: 'hello' })
}

function notHello(wire: Wire, re?: string): void {
  reject(wire, 'hello_expected', 'the first message must be a hello', { re })
}

// Mostly known at once; a store elsewhere answers later, and may fail.
function whenDone<T>(wire: Wire, answer: T | Promise<T>, next: (answer: T) => void): void {
  if (answer instanceof Promise) answer.then(next, error => wire.failed(error))
  else next(answer)
}
