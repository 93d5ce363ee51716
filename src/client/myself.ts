// What this client says of itself: whether somebody is at it, its status, its groups. It keeps what should be so and tells
// the server what that does not know, also what may have been lost with the connection before.

import type { Agenda } from './agenda.ts'
import { textOf } from './ids.ts'
import { NEVER } from './machine.ts'
import type { Id, Status } from './types.ts'

export interface Myself {
  /** Somebody does something. Called for every move of a pointer, so no more is done than has to be. */
  active(): void
  setStatus(status: Status | null): void
  enter(group: Id): void
  exit(group: Id): void
  /** For a hello; the server knows this much then, and nothing else. */
  hello(): { readonly away?: true }
  /** The server greeted; `resumed`: it knows what has arrived. */
  greeted(resumed: boolean): void
  /** The session is over: what was said in it is nobody's. */
  forget(): void
  /** A beat was answered: what was told before has arrived. */
  settled(): void
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
  /** Of what was told, what has arrived: a session that goes on still knows it. */
  const arrived = new Set<string>()
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
  const move = (given: Id, how: 'enter' | 'exit') => {
    const group = textOf(given)
    if (groups.get(group) === how) return
    groups.set(group, how)
    told.delete(group)
    arrived.delete(group)
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
    greeted(resumed) {
      if (!resumed) arrived.clear()
      for (const group of arrived) told.add(group)
      for (const [group, t] of groups) if (t === 'exit' && !resumed) groups.delete(group)
    },
    forget() {
      groups.clear()
      arrived.clear()
      status = undefined
      isStatusTold = true
    },
    settled() {
      for (const group of told) arrived.add(group)
      // others may change it from here on
      if (isStatusTold) status = undefined
      for (const [group, t] of groups) if (t === 'exit' && told.has(group)) groups.delete(group)
    },
    tell,
  }
}
