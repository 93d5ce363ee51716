// Reads what comes in on the present connection, tells the machine what it is to know, and hands the rest to the part it
// is for. It may come from a server of another version, or from no presence server at all: what cannot be understood is
// a problem, no more.

import type { ServerMessage } from '../protocol/messages.ts'
import type { Agenda } from './agenda.ts'
import type { Emitter } from './emitter.ts'
import { type Frame, time } from './frame.ts'
import type { Lists } from './lists.ts'
import type { Input } from './machine.ts'
import type { Myself } from './myself.ts'
import type { Outbox } from './outbox.ts'
import type { Payloads } from './types.ts'
import type { Ways } from './ways.ts'

/** What is known of the server. */
export interface Server {
  /** Its clock - ours. */
  ahead: number
  /** The last one. */
  welcome: Frame<'welcome'> | undefined
}

/** Nobody has to beat more often. */
const LEAST_INTERVAL = 250

/** `lasts`: told when a token expires; `take`: to the machine; `send`: to the server. */
export function makeReader<P extends Payloads>(
  server: Server,
  { now }: Agenda,
  { emit, problem }: Emitter<P>,
  lists: Lists<P>,
  myself: Myself,
  { answered }: Outbox,
  ways: Ways,
  lasts: (frame: { readonly tokenExpires?: number }) => void,
  take: (input: Input) => void,
  send: (message: object) => boolean,
): (text: string) => void {
  const welcomed = (frame: Frame<'welcome'>) => {
    const interval = time(frame.timing.interval, LEAST_INTERVAL)
    const timeout = time(frame.timing.timeout)
    server.ahead = time(frame.now) - now()
    server.welcome = frame
    lasts(frame)
    take({ type: 'welcome', interval, timeout, always: !ways.worked() || frame.evidence === 'beat' })
  }
  const heard = (frame: ServerMessage) => {
    switch (frame.t) {
      case 'welcome':
        return welcomed(frame)
      case 'moved': {
        const { min, max } = frame.retryAfter
        return take({ type: 'moved', window: { min: time(min), max: time(max) } })
      }
      case 'beat':
        server.ahead = time(frame.now) - now()
        return myself.settled()
      case 'message':
        if (emit('message', frame.data as P['down']) && frame.id !== undefined)
          send({ t: 'ack', id: frame.id })
        return
      case 'ack':
      case 'answer':
        return void answered(frame)
      case 'error':
        if (!answered(frame) && !lists.refused(frame))
          problem('refused', `the server refused ${frame.re ?? 'to go on'}: ${frame.message}`, {
            server: frame.code,
          })
        return
      case 'snapshot':
      case 'diff':
      case 'counts':
        lists.heard(frame)
    }
  }
  return text => {
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
}
