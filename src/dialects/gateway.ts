// The published `gateway` dialect. Wire (text frames):
//   in   any text                 a beat (`test msg`, then `heart beat` every 3 s)
//   out  nothing, unless pingData is set: that text to every connection silent for pingInterval
// Nobody says who they are: each connection has a 20-digit hex client id, and the host may bind a member to it.
// Until its first text only text is evidence, so that a port scanner that answers pings does not stay.

import type { Dialect } from './wire.ts'

/** `wire.memory` is true once a text came. */
export const gateway: Dialect = {
  name: 'gateway',
  text(wire, _text, at) {
    if (wire.memory === null) {
      wire.memory = true
      wire.trustControl(at)
    }
    wire.beat(at)
  },
}
