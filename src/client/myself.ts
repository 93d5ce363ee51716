// What this client says of itself: whether somebody is at it, its status, its groups. It keeps what should be so and tells
// the server what it does not know yet: after a break all of it, where the server forgot.

import { type Agenda, NEVER } from './agenda.ts'
import type { Id, Status } from './types.ts'

export interface Myself {
  /** Somebody does something. Called for every move of a pointer, so no more is done than has to be. */
  active(): void
  setStatus(status: Status | null): void
  enter(group: Id): void
  exit(group: Id): void
  /** The server greeted; `resumed`: it still knows all it was told. */
  greeted(resumed: boolean): void
  /** Tells what the server does not know. */
  tell(): void
}

/** `idleAfter`: ms; `send`: false where no connection is known to live. */
export function makeMyself(
  idleAfter: number | false,
  { now, plan }: Agenda,
  isHidden: () => boolean,
  send: (message: object) => boolean,
): Myself {
  const groups = new Set<string>()
  const toldGroups = new Set<string>()
  let status: Status | null = null
  let toldStatus = true
  let activeAt = now()
  /** `null`: it may think either. */
  let toldAway: boolean | null = false
  const idleAt = () => (idleAfter === false ? NEVER : activeAt + idleAfter)
  const tell = () => {
    const away = isHidden() || idleAt() <= now()
    if (away !== toldAway && send({ t: away ? 'away' : 'back' })) toldAway = away
    toldStatus = toldStatus || send({ t: 'status', ...status })
    for (const group of groups)
      if (!toldGroups.has(group) && send({ t: 'enter', group })) toldGroups.add(group)
    for (const group of toldGroups)
      if (!groups.has(group) && send({ t: 'exit', group })) toldGroups.delete(group)
    plan(tell, idleAt() > now() ? idleAt() : NEVER)
  }
  return {
    active() {
      const idle = idleAt() <= now()
      activeAt = now()
      if (idle) tell()
    },
    setStatus(given) {
      status = given
      toldStatus = false
      tell()
    },
    enter(group) {
      groups.add(`${group}`)
      tell()
    },
    exit(group) {
      groups.delete(`${group}`)
      tell()
    },
    greeted(resumed) {
      toldAway = resumed ? null : false
      if (resumed) return
      toldGroups.clear()
      toldStatus = status === null
    },
    tell,
  }
}
