// The published `uid` dialect. Wire (text frames):
//   in   20        the first text is the member id; no answer
//   in   20        the same text later is the beat
//   out  20        each beat is echoed on its own connection
// Other text is the host's business.

import { parseId } from '../protocol/ids.ts'
import type { Dialect } from './wire.ts'

/** `wire.memory` is the member id once it is known. */
export const uid: Dialect = {
  name: 'uid',
  text(wire, text, at) {
    if (wire.memory === null) {
      const id = parseId(text)
      if (!id.ok) return wire.bad('bad_id', `first text ${id.code}`)
      wire.memory = text
      wire.identify(text, null, false, at)
    } else if (text === wire.memory) {
      wire.beat(at)
      wire.send(text)
    }
  },
}
