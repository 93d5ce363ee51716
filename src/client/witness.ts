// What follows where the state changes: whom the parts tell what, before the program is told.

import type { Emitter } from './emitter.ts'
import type { Lists } from './lists.ts'
import type { Myself } from './myself.ts'
import type { Outbox } from './outbox.ts'
import type { Server } from './reader.ts'
import type { Payloads, StateChange } from './types.ts'

/** `forget`: what belongs to a session that is over. */
export function makeWitness<P extends Payloads>(
  server: Server,
  emitter: Emitter<P>,
  lists: Lists<P>,
  myself: Myself,
  outbox: Outbox,
  forget: () => void,
): (change: StateChange) => void {
  return change => {
    const { to, reason } = change
    if (reason === 'welcome') {
      myself.greeted(server.welcome!.resumed)
      lists.greeted()
    }
    if (to === 'online') {
      myself.tell()
      lists.flush()
      outbox.flush()
    } else if (to !== 'probing') outbox.drop('lost', 'the connection broke', ({ sent }) => sent)
    if (to === 'closed') {
      forget()
      const given = outbox.drop('dropped', 'the client was closed', () => true)
      if (given > 0) emitter.problem('dropped', `closed with ${given} messages unsent`)
    }
    emitter.emit('state', change)
  }
}
