// Puts the parts of a client together: who is told what comes in, and what follows when the state changes. It decides
// nothing that the machine decides.

import type { ServerMessage } from '../protocol/messages.ts'
import { type Agenda, makeAgenda } from './agenda.ts'
import { type Driver, makeDriver } from './driver.ts'
import { type Emitter, makeEmitter } from './emitter.ts'
import type { Host } from './host.ts'
import { type Identity, makeIdentity } from './identity.ts'
import { type Lists, makeLists } from './lists.ts'
import { type Myself, makeMyself } from './myself.ts'
import { makeOutbox, type Outbox } from './outbox.ts'
import { type Frame, time } from './reader.ts'
import { makeTokens, type Tokens } from './tokens.ts'
import type { ClientOptions, Payloads, StateChange } from './types.ts'
import { makeWays } from './ways.ts'

export interface Parts<P extends Payloads> {
  readonly agenda: Agenda
  readonly emitter: Emitter<P>
  readonly identity: Identity
  readonly outbox: Outbox
  readonly lists: Lists<P>
  readonly myself: Myself
  readonly driver: Driver
  readonly tokens: Tokens | undefined
  /** The last one. */
  welcome?: Frame<'welcome'>
  /** The server's clock - ours. */
  ahead: number
}

/** For the answer to a request. */
export const ANSWER = 10_000
const IDLE_AFTER = 300_000
const ROOM = 256

/** `hello`: all of the next one but instance, epoch and token. */
export function makeParts<P extends Payloads>(
  { member, getToken, observer, ...options }: ClientOptions<P>,
  host: Host,
  url: string,
  hello: () => object,
): Parts<P> {
  const emitter = makeEmitter<P>()
  const { problem } = emitter
  const agenda = makeAgenda(host)
  const send = (message: object) => parts.driver.send(JSON.stringify(message))
  // nothing is kept for a connection that will not come
  const room = () => (parts.driver.machine().state === 'closed' ? 0 : (options.outbox ?? ROOM))
  const outbox = makeOutbox(room, agenda, text => parts.driver.send(text))
  const isHidden = () => parts.driver.machine().hidden
  // a program has no pointer to be idle at
  const { idleAfter = host.base === null ? false : IDLE_AFTER } = options
  const say = observer ? () => false : send
  const refresh = async (token: string) => {
    const { tokenExpires } = await outbox.request({ t: 'auth', token }, ANSWER)
    if (tokenExpires !== undefined) tokens!.lasts(time(tokenExpires) - agenda.now() - parts.ahead)
  }
  const unauthorized = () => parts.driver.take({ type: 'denied', final: true })
  const tokens = getToken && makeTokens(getToken, agenda, refresh, unauthorized, problem)
  const identity = makeIdentity(host, agenda, `systole ${url} ${member ?? ''}`, problem)
  const parts: Parts<P> = {
    agenda,
    emitter,
    identity,
    outbox,
    tokens,
    lists: makeLists(options.suspect, emitter, send),
    myself: makeMyself(idleAfter, agenda, isHidden, say),
    driver: makeDriver({
      host,
      agenda,
      identity,
      tokens,
      ways: makeWays(options.transports ?? ['ws', 'sse'], url, host, problem),
      hello: () => ({ ...hello(), ...(!observer && parts.myself.hello()) }),
      greeted(welcome) {
        parts.welcome = welcome
        parts.ahead = welcome.now - agenda.now()
      },
      heard: frame => heard(parts, frame),
      changed: change => changed(parts, change),
      problem,
    }),
    ahead: 0,
  }
  return parts
}

function changed<P extends Payloads>(parts: Parts<P>, change: StateChange): void {
  const { emitter, lists, myself, outbox } = parts
  const { to, reason } = change
  if (reason === 'welcome') {
    if (!parts.welcome!.resumed) myself.settled(true)
    lists.greeted()
  }
  if (to === 'online') {
    myself.tell()
    lists.flush()
    outbox.flush()
  } else if (to !== 'probing') outbox.drop('lost', 'the connection broke', ({ sent }) => sent)
  // whoever signs in next is somebody else
  if (to === 'closed') parts.tokens?.forget('connect')
  const given = to === 'closed' ? outbox.drop('dropped', 'the client was closed', () => true) : 0
  if (given > 0) emitter.problem('dropped', `closed with ${given} messages unsent`)
  emitter.emit('state', change)
}

function heard<P extends Payloads>(
  parts: Parts<P>,
  frame: Exclude<ServerMessage, Frame<'welcome' | 'moved'>>,
): void {
  const { agenda, driver, emitter, lists, outbox } = parts
  switch (frame.t) {
    case 'beat':
      parts.ahead = time(frame.now) - agenda.now()
      parts.myself.settled(false)
      break
    case 'message':
      if (emitter.emit('message', frame.data as P['down']) && frame.id !== undefined)
        driver.send(JSON.stringify({ t: 'ack', id: frame.id }))
      break
    case 'ack':
    case 'answer':
      outbox.answered(frame)
      break
    case 'error':
      if (!outbox.answered(frame) && !lists.refused(frame))
        emitter.problem('refused', `the server refused ${frame.re}: ${frame.message}`, { server: frame.code })
      break
    case 'snapshot':
    case 'diff':
    case 'counts':
      lists.heard(frame)
  }
}
