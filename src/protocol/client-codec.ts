// Reads the frames of a client: a message of `systole.v1`, or why it is none. Pure; never throws, whatever comes in.
// What may be said when, and by whom, is decided elsewhere.

import type { ErrorCode } from './errors.ts'
import { fieldOf, integerIn, sizeFlaw, textIn, wrong } from './fields.ts'
import { excerpt, Flaw } from './flaw.ts'
import { describedIn, readHello, tokenIn } from './hello.ts'
import { idIn, idsIn } from './id-fields.ts'
import { type JsonObject, parseObject } from './json.ts'
import { LIMITS } from './limits.ts'
import type { ClientMessage, MessageId, WireStatus } from './messages.ts'
import { nestsOver } from './nesting.ts'
import { scopeIn } from './scope.ts'
import { sourceOf } from './source.ts'

/** Why a frame was refused, and what it was, as far as that can be read. */
export interface Fault {
  readonly ok: false
  readonly code: ErrorCode
  readonly field?: string
  /** `t` of the message. */
  readonly re?: string
  readonly id?: MessageId
  /** For people: what was wrong, with which value, and how to mend it. */
  readonly message: string
}

export type Decoded = { readonly ok: true; readonly message: ClientMessage } | Fault

/** A beat as most clients write it; other spellings work too. */
export const BEAT = '{"t":"beat"}'

/** Texts up to this are parsed whatever they are; `data` may be as deep as its limit, inside a message. */
const LARGE = 65_536
const DEEPEST = LIMITS.depth + 1
const BEAT_DECODED: Decoded = { ok: true, message: { t: 'beat' } }
/** A hello has no id: it is answered once. */
const WITHOUT_ID: ReadonlySet<string> = new Set(['hello', 'beat', 'bye', 'ack'])

/** `read`: the object in `text`, where that is known already. `profileBytes`: as large may a profile be. */
export function decodeClient(
  text: string,
  read?: JsonObject | null,
  profileBytes: number = LIMITS.profileBytes,
): Decoded {
  if (text === BEAT) return BEAT_DECODED
  if (read === undefined && text.length > LARGE && nestsOver(text, DEEPEST)) return unread(text)
  const object = read === undefined ? parseObject(text) : read
  const t = object === null ? undefined : fieldOf(object, 't')
  if (object === null || typeof t !== 'string') return noMessage(text)
  const id = messageIdIn(object)
  const known = id instanceof Flaw ? undefined : id
  const reader = READERS.get(t)
  if (reader === undefined) return refused(unknownType(t), t, known)
  if (id instanceof Flaw && !WITHOUT_ID.has(t)) return refused(id, t, undefined)
  const message = reader(object, text, profileBytes)
  if (message instanceof Flaw) return refused(message, t, known)
  return { ok: true, message: known === undefined || WITHOUT_ID.has(t) ? message : withId(message, known) }
}

function noMessage(text: string): Fault {
  const message = `${excerpt(text)} is no message: send a JSON object with a string t`
  return { ok: false, code: 'bad_json', message }
}

// Too deep to be parsed: only what it begins with is looked at.
function unread(text: string): Fault {
  const t = /^\s*\{\s*"t"\s*:\s*"(\w{1,16})"/.exec(text.slice(0, 256))?.[1]
  if (t === undefined) return noMessage(text)
  const field = t === 'message' ? 'data' : null
  return refused(
    new Flaw('too_large', field, `${t} nests over ${LIMITS.depth} deep: send it flatter`),
    t,
    undefined,
  )
}

function unknownType(t: string): Flaw {
  return new Flaw(
    'unknown_type',
    null,
    `there is no message of type ${excerpt(t)}: see PROTOCOL.md for those there are`,
  )
}

function withId(message: ClientMessage, id: MessageId): ClientMessage {
  return { ...message, id } as ClientMessage
}

function refused({ code, field, message }: Flaw, t: string, id: MessageId | undefined): Fault {
  const re = t.slice(0, LIMITS.messageIdLength)
  return {
    ok: false,
    code,
    message,
    re,
    ...(field !== null && { field }),
    ...(id !== undefined && { id }),
  }
}

function messageIdIn(object: JsonObject): MessageId | undefined | Flaw {
  const id = fieldOf(object, 'id')
  if (id === undefined || Number.isSafeInteger(id)) return id as number | undefined
  const { messageIdLength: most } = LIMITS
  return typeof id === 'string' && id !== '' && id.length <= most
    ? id
    : wrong('id', id, `send a string of 1 to ${most} characters or an integer below 2^53, or none`)
}

type Reader = (object: JsonObject, text: string, profileBytes: number) => ClientMessage | Flaw

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['hello', readHello],
  ['beat', () => ({ t: 'beat' })],
  ['away', () => ({ t: 'away' })],
  ['back', () => ({ t: 'back' })],
  ['bye', () => ({ t: 'bye' })],
  ['auth', readAuth],
  ['status', readStatus],
  ['update', readUpdate],
  ['watch', readWatch],
  ['unwatch', readUnwatch],
  ['ask', readAsk],
  ['enter', (object, text) => readMove('enter', object, text)],
  ['exit', (object, text) => readMove('exit', object, text)],
  ['message', readMessage],
  ['ack', readAck],
])

function readAuth(object: JsonObject): ClientMessage | Flaw {
  const token = tokenIn(object)
  return token instanceof Flaw ? token : { t: 'auth', token }
}

function readStatus(object: JsonObject): ClientMessage | Flaw {
  const visibility = Object.hasOwn(object, 'visibility') ? object.visibility : 'shown'
  if (visibility !== 'shown' && visibility !== 'hidden')
    return wrong('visibility', visibility, 'send "shown" or "hidden"')
  const text = fieldOf(object, 'text') === null ? undefined : textIn(object, 'text', LIMITS.statusBytes)
  if (text instanceof Flaw) return text
  const until = fieldOf(object, 'until') === null ? undefined : integerIn(object, 'until', 0)
  if (until instanceof Flaw) return until
  const said: WireStatus = { visibility, text: text || null, until: until ?? null }
  return { t: 'status', status: visibility === 'shown' && said.text === null ? null : said }
}

function readUpdate(object: JsonObject, _: string, profileBytes: number): ClientMessage | Flaw {
  const described = describedIn(object, profileBytes)
  return described instanceof Flaw ? described : { t: 'update', ...described }
}

function readWatch(object: JsonObject, text: string): ClientMessage | Flaw {
  const scope = scopeIn(object, text, false)
  if (scope instanceof Flaw) return scope
  const suspect = Object.hasOwn(object, 'suspect') ? object.suspect : false
  if (typeof suspect !== 'boolean') return wrong('suspect', suspect, 'send true or false')
  const cursor = fieldOf(object, 'cursor')
  if (cursor !== undefined && cursor !== true && typeof cursor !== 'string')
    return wrong('cursor', cursor, 'give one back as it came, send true for the one of the hello, or none')
  return { t: 'watch', scope, suspect, cursor: cursor ?? null }
}

function readUnwatch(object: JsonObject, text: string): ClientMessage | Flaw {
  const scope = scopeIn(object, text, true)
  return scope instanceof Flaw ? scope : { t: 'unwatch', scope }
}

function readAsk(object: JsonObject, text: string): ClientMessage | Flaw {
  const members = idsIn(fieldOf(object, 'members'), 'members', text)
  return members instanceof Flaw ? members : { t: 'ask', members }
}

function readMove(t: 'enter' | 'exit', object: JsonObject, text: string): ClientMessage | Flaw {
  const value = fieldOf(object, 'group')
  if (value === undefined) return wrong('group', value, 'name a group')
  const group = idIn(value, 'group', () => sourceOf(text, 'group'))
  return group instanceof Flaw ? group : { t, group }
}

function readMessage(object: JsonObject): ClientMessage | Flaw {
  const data = fieldOf(object, 'data')
  if (data === undefined) return wrong('data', data, 'send any JSON value, also null')
  return sizeFlaw(data, 'data', LIMITS.dataBytes) ?? { t: 'message', data }
}

function readAck(object: JsonObject): ClientMessage | Flaw {
  const id = messageIdIn(object)
  if (id instanceof Flaw) return id
  return id === undefined ? wrong('id', id, 'name the message that was taken') : { t: 'ack', id }
}
