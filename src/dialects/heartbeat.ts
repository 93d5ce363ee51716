// The published `heartbeat` dialect. Wire (text frames, JSON):
//   in   {"type":"SetHeartbeat","user_id":"7","user_name":"Ana(7)","timestamp":1700000000}   every 5 s; no answer
//   in   {"type":"GetHeartbeat","user":"admin"}                                              every 10 s
//   out  [{"user_id":"7","user_name":"Ana(7)","status":"在线"}, …]   one per member ever seen; "离线" when offline
// One connection may beat for up to 64 ids; then only an id's own beat is its evidence. `timestamp` means nothing.

import { idOf, type JsonObject, parseObject, textOf } from '../protocol/json.ts'
import type { Dialect, Wire } from './wire.ts'

const NAME_BYTES = 1_024

/** What this connection said of its ids: a list, since nearly every connection has one. */
interface Known {
  readonly id: string
  name: string | undefined
  readonly next: Known | null
}

export const heartbeat: Dialect = {
  name: 'heartbeat',
  text(wire, text, at) {
    const message = parseObject(text)
    if (message === null) return wire.bad('not_json', text)
    if (message.type === 'SetHeartbeat') return set(wire, message, text, at)
    if (message.type === 'GetHeartbeat') return wire.sendList()
    wire.bad('unknown_type', text)
  },
}

/** One entry of the answer to GetHeartbeat, as JSON. */
export function heartbeatEntry(id: string, name: string | null, present: boolean): string {
  const status = present ? '在线' : '离线'
  return `{"user_id":${JSON.stringify(id)},"user_name":${JSON.stringify(name ?? '')},"status":"${status}"}`
}

function set(wire: Wire, message: JsonObject, text: string, at: number): void {
  const id = idOf(message, 'user_id', text)
  if (!id.ok) return wire.bad('bad_id', `user_id ${id.code}`)
  const name = textOf(message, 'user_name', NAME_BYTES)
  if (!name.ok) return wire.bad('bad_name', `user_name ${name.code}`)
  const known = find(wire, id.value)
  if (known !== null && wire.beatOf(id.value, at)) return rename(wire, known, name.value, at)
  const details = name.value === undefined ? null : { name: name.value }
  if (!wire.identify(id.value, details, true, at)) return wire.bad('too_many_ids', id.value)
  if (known === null) wire.memory = { id: id.value, name: name.value, next: wire.memory as Known | null }
}

function find(wire: Wire, id: string): Known | null {
  let known = wire.memory as Known | null
  while (known !== null && known.id !== id) known = known.next
  return known
}

function rename(wire: Wire, known: Known, name: string | undefined, at: number): void {
  if (name === undefined || name === known.name) return
  known.name = name
  wire.update(known.id, { name }, at)
}
