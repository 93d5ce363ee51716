// Hands messages of members to the program that embeds the server. One that fails is reported and stops neither the
// others nor the connection; a message counts as taken where at least one listener took it.

import type { Connection } from './connection.ts'
import type { Log } from './log.ts'

/** A message of a member. */
export interface MemberMessage {
  readonly member: string
  /** Id of the session it came by. */
  readonly session: string
  readonly data: unknown
}

/** Takes a message; a throw or a rejection says that it did not. */
export type OnMessage = (message: MemberMessage) => void | Promise<void>

export class MessageListeners {
  readonly #log: Log
  readonly #listeners = new Set<OnMessage>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Returns how to stop listening. */
  add(listener: OnMessage): () => void {
    // the same function may listen twice
    const own: OnMessage = message => listener(message)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  /** Whether somebody took it. */
  tell({ session }: Connection, data: unknown): boolean | Promise<boolean> {
    if (session === null || session.member === null) return false
    const message = { member: session.member, session: String(session.id), data }
    const answers = [...this.#listeners].map(listener => this.#ask(listener, message))
    if (answers.includes(true)) return true
    const later = answers.filter(answer => answer !== true && answer !== false)
    return later.length > 0 && Promise.all(later).then(taken => taken.includes(true))
  }

  #ask(listener: OnMessage, message: MemberMessage): boolean | Promise<boolean> {
    try {
      const answer: unknown = listener(message)
      if (!(answer instanceof Promise)) return true
      return answer.then(
        () => true,
        error => this.#failed(error),
      )
    } catch (error) {
      return this.#failed(error)
    }
  }

  #failed(error: unknown): false {
    this.#log.error({ err: error, stage: 'message' }, 'a message listener failed')
    return false
  }
}
