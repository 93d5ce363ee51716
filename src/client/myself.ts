// What this client says of itself: whether somebody is at it, its status, its groups. It keeps what should be so and tells
// the server what it does not know yet: after a break all of it, where the server forgot.

import { type Agenda, NEVER } from './agenda.ts'
import type { Status } from './types.ts'

export class Myself {
  readonly groups = new Set<string>()
  /** Nobody can see the program. */
  hidden = false
  readonly #agenda: Agenda
  readonly #send: (message: object) => boolean
  readonly #idleAfter: number
  readonly #toldGroups = new Set<string>()
  #status: Status | null = null
  #toldStatus = true
  /** `null`: it may know either. */
  #toldAway: boolean | null = false
  #activeAt: number

  /** `send`: false where no connection is known to live. `idleAfter`: ms. */
  constructor(agenda: Agenda, send: (message: object) => boolean, idleAfter: number | false) {
    this.#agenda = agenda
    this.#send = send
    this.#idleAfter = idleAfter === false ? NEVER : idleAfter
    this.#activeAt = agenda.now()
  }

  /** Somebody does something. Called for every move of a pointer, so no more is done than has to be. */
  active(): void {
    const idle = this.#isIdle()
    this.#activeAt = this.#agenda.now()
    if (idle) this.tell()
  }

  setStatus(status: Status | null): void {
    this.#status = status
    this.#toldStatus = false
    this.tell()
  }

  /** The server greeted; `resumed`: it still knows all it was told. */
  greeted(resumed: boolean): void {
    this.#toldAway = resumed ? null : false
    if (resumed) return
    this.#toldGroups.clear()
    this.#toldStatus = this.#status === null
  }

  /** Tells what the server does not know. */
  readonly tell = (): void => {
    const { groups } = this
    const told = this.#toldGroups
    const send = this.#send
    const idle = this.#isIdle()
    const away = idle || this.hidden
    this.#agenda.plan(this.tell, idle ? NEVER : this.#activeAt + this.#idleAfter)
    if (away !== this.#toldAway && send({ t: away ? 'away' : 'back' })) this.#toldAway = away
    this.#toldStatus ||= send({ t: 'status', ...this.#status })
    for (const group of groups) if (!told.has(group) && send({ t: 'enter', group })) told.add(group)
    for (const group of told) if (!groups.has(group) && send({ t: 'exit', group })) told.delete(group)
  }

  #isIdle(): boolean {
    return this.#agenda.now() >= this.#activeAt + this.#idleAfter
  }
}
