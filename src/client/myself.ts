// What this client says of itself: whether somebody is at it, its status, its groups and details. It keeps what should be
// so and tells the server what it does not know yet: after a break all of it, where the server forgot.

import type { Agenda } from './agenda.ts'
import type { ClientOptions, Details, Id, Payloads, Status } from './types.ts'

/** What it works with. */
export interface MyselfParts {
  readonly agenda: Agenda
  readonly idleAfter: number | false
  isHidden(): boolean
  send(message: object): boolean
}

export class Myself<P extends Payloads> {
  readonly #parts: MyselfParts
  readonly #due
  #details: Details<P>
  #groups = new Set<string>()
  #toldGroups = new Set<string>()
  #status: Status | null = null
  #toldStatus = true
  #activeAt: number
  #idle = false
  #toldAway = false

  constructor(parts: MyselfParts, { name, type, profile }: ClientOptions<P>) {
    this.#parts = parts
    this.#details = { ...(name !== undefined && { name }), ...(type !== undefined && { type }) }
    if (profile !== undefined) this.#details = { ...this.#details, profile }
    this.#activeAt = parts.agenda.now()
    this.#due = parts.agenda.item(() => this.#quiet())
    if (parts.idleAfter !== false) this.#quiet()
  }

  /** For a hello. */
  get details(): Details<P> {
    return this.#details
  }

  /** The server greeted; `resumed`: it still knows all of it but whether somebody is here. */
  greeted(resumed: boolean): void {
    this.#toldAway = resumed
    if (!resumed) {
      this.#toldGroups.clear()
      this.#toldStatus = this.#status === null
    }
    this.tell()
  }

  /** Tells what the server does not know. */
  tell(): void {
    const { send, isHidden } = this.#parts
    const away = this.#idle || isHidden()
    if (away !== this.#toldAway && send({ t: away ? 'away' : 'back' })) this.#toldAway = away
    if (!this.#toldStatus) this.#toldStatus = send({ t: 'status', ...this.#status })
    for (const group of this.#groups)
      if (!this.#toldGroups.has(group) && send({ t: 'enter', group })) this.#toldGroups.add(group)
    for (const group of this.#toldGroups)
      if (!this.#groups.has(group) && send({ t: 'exit', group })) this.#toldGroups.delete(group)
  }

  /** Somebody does something. Called for every move of a pointer, so nothing is armed here. */
  active(): void {
    this.#activeAt = this.#parts.agenda.now()
    if (!this.#idle) return
    this.#idle = false
    this.#quiet()
    this.tell()
  }

  setStatus(status: Status | null): void {
    this.#status = status
    this.#toldStatus = false
    this.tell()
  }

  /** The next hello carries it. */
  update(details: Details<P>): void {
    this.#details = { ...this.#details, ...details }
  }

  enter(group: Id): void {
    this.#groups.add(String(group))
    this.tell()
  }

  exit(group: Id): void {
    this.#groups.delete(String(group))
    this.tell()
  }

  #quiet(): void {
    const { agenda, idleAfter } = this.#parts
    const at = this.#activeAt + (idleAfter as number)
    this.#idle = agenda.now() >= at
    if (!this.#idle) return agenda.plan(this.#due, at)
    this.tell()
  }
}
