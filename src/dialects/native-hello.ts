// The first message of a native connection: who it is and what it asks for. A hello that cannot be met is answered by
// an error and a close; one that can is handed on, and the server answers it.

import type { Details } from '../core/change.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { Hello } from '../protocol/messages.ts'
import { type About, closeOfFirst, errorFrame } from './native-errors.ts'
import type { Wire } from './wire.ts'

/** Meets a hello. */
export function greet(wire: Wire, hello: Hello, at: number): void {
  const { identity, timing } = hello
  if (!wire.guarded && 'token' in identity)
    return reject(wire, 'auth_off', 'this server asks nobody for a token: say which member you are', {
      re: 'hello',
    })
  const terms = wire.agree(timing)
  if (terms === null) {
    wire.bad('bad_field', `timing ${timing}`)
    const message = 'timing must be fast, web, mobile, device, or an object of interval, timeout and grace'
    return reject(wire, 'bad_field', message, { re: 'hello', field: 'timing' })
  }
  if (wire.guarded) wire.prove(hello, detailsOf(hello), terms, at)
  else if (identity.as === 'observer') wire.observe(hello, terms, at)
  else if (identity.as === 'member') wire.join(identity.member, hello, detailsOf(hello), terms, at)
}

/** Refuses a connection at its first message. */
export function reject(wire: Wire, code: ErrorCode, message: string, about: About): void {
  wire.send(errorFrame(code, message, about))
  wire.refuse(closeOfFirst(code), code)
}

function detailsOf({ name, type, profile }: Hello): Details | null {
  if (name === undefined && type === undefined && profile === undefined) return null
  return {
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    ...(profile !== undefined && { profile }),
  }
}
