// Where a published dialect shows its token: in `token` of a message. What is no token says nothing.

import { type JsonObject, textOf } from '../protocol/json.ts'
import { LIMITS } from '../protocol/limits.ts'

export function tokenOf(message: JsonObject): string | null {
  const token = textOf(message, 'token', LIMITS.tokenBytes)
  return (token.ok && token.value) || null
}
