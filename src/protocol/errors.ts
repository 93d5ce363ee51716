// Every code an `error` frame may carry: what it means, and the close that follows, if any. The table in PROTOCOL.md is
// proved equal to this one. Codes are for ever; their messages are not.

import { CLOSE } from './close-codes.ts'

interface ErrorMeaning {
  readonly meaning: string
  /** Follows always; `null`: the connection stays. */
  readonly close: number | null
  /** Follows where it is a hello that is refused. */
  readonly inHello?: number
}

export const ERRORS = {
  bad_json: { meaning: 'the frame is no JSON object with a string `t`', close: null },
  binary: { meaning: 'the frame is binary', close: null },
  unknown_type: { meaning: 'there is no message of this `t`', close: null },
  bad_field: {
    meaning: '`field` is missing, is of the wrong type, or has no meaning here',
    close: null,
    inHello: CLOSE.badHello,
  },
  bad_id: {
    meaning: 'what stands in `field` is no id of a member or group',
    close: null,
    inHello: CLOSE.badHello,
  },
  too_large: {
    meaning: '`field` is too long or nested too deep; without `field`: the whole hello is too long',
    close: null,
    inHello: CLOSE.badHello,
  },
  too_many: {
    meaning: 'more ids, groups or waiting requests than a connection or member may have',
    close: null,
  },
  not_a_member: { meaning: 'an observer sent what only members may send', close: null },
  bad_cursor: { meaning: 'the cursor cannot be read; the watch is not made', close: null },
  cursor_ahead: {
    meaning: 'the cursor is past everything told so far; the watch is not made',
    close: null,
  },
  auth_off: {
    meaning: 'a token was sent where nobody is asked for one',
    close: null,
    inHello: CLOSE.unsupported,
  },
  unauthorized: {
    meaning: 'the token is refused; in a hello also: there is none',
    close: null,
    inHello: CLOSE.unauthorized,
  },
  unavailable: {
    meaning: 'nobody can say now what the token is worth',
    close: null,
    inHello: CLOSE.tryLater,
  },
  forbidden: {
    meaning:
      'a list, counts or a group beyond what the token allows; or they are so from now on, and the watch is over',
    close: null,
  },
  hello_twice: { meaning: 'a hello came after the hello; nothing changes', close: null },
  waiting: { meaning: 'the hello is not answered yet; send this again after `welcome`', close: null },
  not_taken: { meaning: 'no program behind the server took the message', close: null },
  hello_expected: { meaning: 'the first frame is no hello', close: CLOSE.badHello },
  hello_late: { meaning: 'no hello came within 10 s', close: CLOSE.noHello },
  instance_conflict: {
    meaning: 'an equal or newer epoch of this member and instance is here',
    close: CLOSE.instanceConflict,
  },
  too_fast: { meaning: 'too many frames for too long', close: CLOSE.tooFast },
  kicked: { meaning: 'somebody with the right to do so ended the session', close: CLOSE.kicked },
  sent_away: {
    meaning: 'somebody with the right to do so ended the session; it may come back',
    close: CLOSE.sentAway,
  },
  banned: { meaning: 'the member may not come for now', close: CLOSE.banned },
  expired: { meaning: 'the token has expired, and no fresh one came', close: CLOSE.unauthorized },
  too_many_connections: {
    meaning: 'the member has as many connections as it may have',
    close: CLOSE.tooManyConnections,
  },
  replaced: { meaning: 'a newer session of the member took the place', close: CLOSE.replaced },
  occupied: { meaning: 'the place of the member is taken', close: CLOSE.occupied },
  internal: { meaning: 'the server failed; this connection only', close: CLOSE.internal },
} as const satisfies Record<string, ErrorMeaning>

export type ErrorCode = keyof typeof ERRORS
