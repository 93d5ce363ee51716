// What this client says of itself: whether somebody is at it, its status, its groups. It keeps what should be so and tells
// the server all of it on every connection, since what was said last may have been lost with the one before.

import { type Agenda, NEVER } from './agenda.ts'
import type { Id, Status } from './types.ts'

export interface Myself {
  /** Somebody does something. Called for every move of a pointer, so no more is done than has to be. */
  active(): void
  setStatus(status: Status | null): void
  enter(group: Id): void
  exit(group: Id): void
  /** For a hello; the server knows this much then, and nothing else. */
  hello(): { readonly away?: true }
  /** What was told has arrived; `anew`: the server knows of no group at all. */
  settled(anew: boolean): void
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
  const groups = new Map<string, 'enter' | 'exit'>()
  const told = new Set<string>()
  let status: Status | null | undefined
  let isStatusTold = true
  let isAwayTold = false
  let activeAt = now()
  const idleAt = () => (idleAfter === false ? NEVER : activeAt + idleAfter)
  const isAway = () => isHidden() || idleAt() <= now()
  const tell = () => {
    const away = isAway()
    if (away !== isAwayTold && send({ t: away ? 'away' : 'back' })) isAwayTold = away
    isStatusTold = isStatusTold || send({ t: 'status', ...status })
    for (const [group, t] of groups) if (!told.has(group) && send({ t, group })) told.add(group)
    plan(tell, idleAt() > now() ? idleAt() : NEVER)
  }
  const move = (group: Id, how: 'enter' | 'exit') => {
    if (groups.get(`${group}`) === how) return
    groups.set(`${group}`, how)
    told.delete(`${group}`)
    tell()
  }
  return {
    active() {
      const idle = idleAt() <= now()
      activeAt = now()
      if (idle) tell()
    },
    setStatus(given) {
      status = given
      isStatusTold = false
      tell()
    },
    enter: group => move(group, 'enter'),
    exit: group => move(group, 'exit'),
    hello() {
      told.clear()
      isStatusTold = status === undefined
      isAwayTold = isAway()
      return isAwayTold ? { away: true } : {}
    },
    settled(anew) {
      for (const [group, t] of groups) if (t === 'exit' && (anew || told.has(group))) groups.delete(group)
    },
    tell,
  }
}
