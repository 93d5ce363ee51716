// What the client says and asks: sent where a connection is known to live, kept for the next one as far as there is room,
// and, where an answer is wanted, waited for. Nothing that was sent is sent again: it may have arrived.

import type { Agenda } from './agenda.ts'
import type { Frame } from './frame.ts'
import { entriesOf } from './list.ts'
import { NEVER } from './machine.ts'
import { type Sent, Undelivered } from './types.ts'

type Answer = Readonly<Record<string, unknown>>

interface Letter {
  readonly text: string
  /** When it is given up. */
  readonly until: number
  /** Told the answer, or why there will be none. Absent: nobody asks. */
  readonly resolve?: (answer: Answer) => void
  readonly reject?: (why: Undelivered) => void
  readonly entries: unknown[]
  sent: boolean
}

export interface Outbox {
  /** Sends it, or keeps it where there is room. */
  post(message: object): Sent
  /** Resolves with the answer; rejects with `Undelivered`. `timeout`: ms. */
  request(message: object, timeout: number): Promise<Answer>
  /** Sends what waits, in order. */
  flush(): void
  /** Gives up those that are `due`; how many of them nobody asked an answer of. */
  drop(code: string, why: string, due: (letter: Letter) => boolean): number
  /** Whether `frame` answers something that was asked. */
  answered(frame: Frame<'ack'> | Frame<'answer'> | Frame<'error'>): boolean
}

/** `room`: how many may wait; `send`: false where no connection is known to live. */
export function makeOutbox(
  room: () => number,
  { now, plan }: Agenda,
  send: (text: string) => boolean,
): Outbox {
  const letters = new Map<unknown, Letter>()
  let last = 0
  const expire = () => drop('timeout', 'no answer in time', ({ until }) => until <= now())
  const arm = () => plan(expire, Math.min(...[...letters.values()].map(({ until }) => until)))
  const drop: Outbox['drop'] = (code, why, due) => {
    const given = [...letters].filter(([, letter]) => due(letter))
    for (const [id, { reject }] of given) {
      letters.delete(id)
      reject?.(new Undelivered(code, why))
    }
    arm()
    return given.filter(([, { reject }]) => !reject).length
  }
  const flush = () => {
    for (const [id, letter] of letters) {
      letter.sent ||= send(letter.text)
      if (letter.sent && !letter.reject) letters.delete(id)
    }
    arm()
  }
  const post = (message: object, more?: Partial<Letter>): Sent => {
    const id = ++last
    // what is no JSON throws here, at whoever says it
    const text = JSON.stringify(more ? { ...message, id } : message)
    const letter: Letter = { text, until: NEVER, entries: [], sent: false, ...more }
    letters.set(id, letter)
    flush()
    if (letter.sent) return 'sent'
    const waiting = [...letters.values()].filter(({ sent }) => !sent).length
    if (waiting <= room()) return 'queued'
    letters.delete(id)
    return 'dropped'
  }
  return {
    post,
    request: (message, timeout) =>
      new Promise((resolve, reject) => {
        if (post(message, { until: now() + (timeout || 0), resolve, reject }) === 'dropped')
          reject(new Undelivered('dropped', 'too many messages wait'))
      }),
    flush,
    drop,
    answered(frame) {
      const letter = letters.get(frame.id)
      if (!letter?.sent) return false
      if (frame.t === 'answer') letter.entries.push(...entriesOf(frame))
      if (frame.t === 'answer' && frame.more) return true
      letters.delete(frame.id)
      arm()
      if (frame.t === 'error') letter.reject?.(new Undelivered(frame.code, frame.message))
      else letter.resolve?.({ ...frame, entries: letter.entries })
      return true
    },
  }
}
