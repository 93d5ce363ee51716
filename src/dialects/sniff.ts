// Decides what an undecided connection speaks, by the first frame that says so. Once decided it stays decided; what
// decides nothing is bad input and leaves the connection as it was.

import type { JsonObject } from '../protocol/json.ts'
import { heartbeat } from './heartbeat.ts'
import { members } from './members.ts'
import { native } from './native.ts'
import type { Dialect } from './wire.ts'

/** The dialect that `text` belongs to; `null` when it belongs to none. `message`: the object in it. */
export function sniff(text: string, message: JsonObject | null): Dialect | null {
  if (text === 'ping') return members
  if (message === null) return null
  if (typeof message.action === 'string') return members
  if (message.type === 'SetHeartbeat' || message.type === 'GetHeartbeat') return heartbeat
  return typeof message.t === 'string' ? native : null
}
