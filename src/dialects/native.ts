// The native protocol `systole.v1`, refused for now: a connection that speaks it is told so and closed. It never
// leaves such a connection open and unanswered.

import { CLOSE } from '../protocol/close-codes.ts'
import { SUBPROTOCOL } from '../protocol/version.ts'
import type { Dialect, Wire } from './wire.ts'

export const native: Dialect = {
  name: 'native',
  text: refuse,
}

/** Says that the protocol is not served yet, and closes with 4510. */
export function refuse(wire: Wire): void {
  const message = `${SUBPROTOCOL} is not served by this version; use heartbeat, members, gateway or uid`
  wire.send(JSON.stringify({ t: 'error', code: 'unsupported', message }))
  wire.refuse(CLOSE.unsupported, 'unsupported')
}
