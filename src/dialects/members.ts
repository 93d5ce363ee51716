// The published `members` dialect. Wire (text frames):
//   in   ping                                                      every few seconds; also before login
//   out  pong
//   in   {"action":"open","id":7,"type":"vip","name":"Ana","phone":"1"}   login; no answer. It may say `token`
//   in   {"action":"…"}                                            anything else is the host's business
// A second `open` on the same connection is a re-login. A second connection with the same id takes the session
// over; the first is not closed and still gets `pong`. Nobody is guessed by address: after a reconnect, `open` again.

import type { Details } from '../core/change.ts'
import { idOf, type JsonObject, parseObject, textOf } from '../protocol/json.ts'
import { tokenOf } from './token.ts'
import type { Dialect, Wire } from './wire.ts'

const NAME_BYTES = 1_024
const TYPE_BYTES = 256
const PHONE_BYTES = 256

/** `wire.memory` is the id that logged in here: silence may end its session, and its next beat is a join. */
export const members: Dialect = {
  name: 'members',
  text(wire, text, at, read) {
    if (text === 'ping') return ping(wire, at)
    const message = read ?? parseObject(text)
    if (message === null) return wire.bad('not_json', text)
    if (typeof message.action !== 'string') return wire.bad('unknown_action', text)
    if (message.action !== 'open') return wire.bad('unknown_action', message.action)
    open(wire, message, text, at)
  },
}

function ping(wire: Wire, at: number): void {
  wire.send('pong')
  const id = wire.memory as string | null
  if (id === null || wire.members > 0) return wire.beat(at)
  // somebody logged in as this member while this connection was silent: that took it over
  if (!wire.taken(id)) return void wire.identify(id, null, true, at)
  wire.memory = null
  wire.beat(at)
}

function open(wire: Wire, message: JsonObject, text: string, at: number): void {
  const id = idOf(message, 'id', text)
  if (!id.ok) return wire.bad('bad_id', `id ${id.code}`)
  const name = textOf(message, 'name', NAME_BYTES)
  const type = textOf(message, 'type', TYPE_BYTES)
  const phone = textOf(message, 'phone', PHONE_BYTES)
  if (!name.ok || !type.ok || !phone.ok)
    return wire.bad('bad_name', 'name, type or phone is not a short text')
  const details: { -readonly [K in keyof Details]: Details[K] } = {}
  if (name.value !== undefined) details.name = name.value
  if (type.value !== undefined) details.type = type.value
  if (phone.value !== undefined) details.profile = { phone: phone.value }
  if (wire.has(id.value)) return wire.update(id.value, details, at)
  const before = wire.memory as string | null
  if (before !== null && wire.has(before)) wire.leave(before, at)
  wire.memory = id.value
  wire.identify(id.value, details, false, at, tokenOf(message))
}
