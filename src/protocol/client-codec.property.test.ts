// Whatever a client sends, the codec gives a message that is what its type says, or a fault with a code of the table.

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { anyFrame, validFrame } from '../../test/support/frame-grammar.ts'
import { decodeClient } from './client-codec.ts'
import { ERRORS } from './errors.ts'
import { parseId } from './ids.ts'
import { LIMITS } from './limits.ts'
import type { ClientMessage, Scope } from './messages.ts'

const RUNS = Number(process.env.PROPERTY_RUNS ?? 20_000)
const bytes = (text: string) => new TextEncoder().encode(text).length
const jsonBytes = (value: unknown) => bytes(JSON.stringify(value))

function isId(id: string): boolean {
  return parseId(id).ok
}

function areIds(ids: readonly string[]): boolean {
  return ids.length <= LIMITS.ids && new Set(ids).size === ids.length && ids.every(isId)
}

function isScope(scope: Scope, any: boolean): boolean {
  if (scope.of === 'members') return scope.members === true ? any : areIds(scope.members)
  if (scope.of === 'all') return true
  return scope.group === null ? scope.of === 'counts' : isId(scope.group)
}

function isDescribed({ name, type, profile }: { name?: string; type?: string; profile?: unknown }): boolean {
  return (
    bytes(name ?? '') <= LIMITS.nameBytes &&
    bytes(type ?? '') <= LIMITS.typeBytes &&
    (profile === undefined ||
      (typeof profile === 'object' && profile !== null && jsonBytes(profile) <= LIMITS.profileBytes))
  )
}

function isSound(message: ClientMessage): boolean {
  switch (message.t) {
    case 'hello': {
      const { identity, instance, epoch } = message
      const place =
        instance === null ? identity.as !== 'member' && epoch === 0 : /^[\w-]{16,64}$/.test(instance)
      const who = identity.as !== 'member' || isId(identity.member)
      return who && place && Number.isInteger(epoch) && epoch >= 0 && epoch < 2 ** 31 && isDescribed(message)
    }
    case 'status': {
      const { status } = message
      if (status === null) return true
      const { visibility, text, until } = status
      return (
        (visibility === 'hidden' || (text !== null && text !== '')) &&
        bytes(text ?? '') <= LIMITS.statusBytes &&
        (until === null || (Number.isSafeInteger(until) && until >= 0))
      )
    }
    case 'update':
      return isDescribed(message)
    case 'watch':
      return (
        isScope(message.scope, false) &&
        typeof message.suspect === 'boolean' &&
        (message.cursor === null || message.cursor === true || typeof message.cursor === 'string')
      )
    case 'unwatch':
      return isScope(message.scope, true)
    case 'ask':
      return areIds(message.members)
    case 'enter':
    case 'exit':
      return isId(message.group)
    case 'message':
      return jsonBytes(message.data) <= LIMITS.dataBytes
    case 'auth':
      return message.token !== '' && bytes(message.token) <= LIMITS.tokenBytes
    case 'ack':
      return message.id !== undefined
    default:
      return ['beat', 'away', 'back', 'bye'].includes(message.t)
  }
}

function isMessageId(id: unknown): boolean {
  return typeof id === 'string' ? id !== '' && id.length <= 64 : Number.isSafeInteger(id)
}

test(`${RUNS} frames: a sound message or a fault of the table`, () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(anyFrame, text => {
      const decoded = decodeClient(text)
      const key = decoded.ok ? decoded.message.t : decoded.code
      seen.set(key, (seen.get(key) ?? 0) + 1)
      if (!decoded.ok) {
        expect(Object.hasOwn(ERRORS, decoded.code)).toBe(true)
        expect(decoded.message.length).toBeGreaterThan(10)
        expect(decoded.message.length).toBeLessThan(400)
        expect(decoded.id === undefined || isMessageId(decoded.id)).toBe(true)
        expect(decoded.re === undefined).toBe(decoded.code === 'bad_json')
      } else {
        if (!isSound(decoded.message)) throw new Error(`unsound: ${JSON.stringify(decoded.message)}`)
        if ('id' in decoded.message) expect(isMessageId(decoded.message.id)).toBe(true)
      }
    }),
    { numRuns: RUNS, interruptAfterTimeLimit: 100_000, markInterruptAsFailure: true },
  )
  // the grammar reaches every message and every fault that reading can find
  for (const key of [
    ...['hello', 'beat', 'away', 'back', 'bye', 'auth', 'status', 'update', 'watch', 'unwatch', 'ask'],
    ...['enter', 'exit', 'message', 'ack'],
    ...['bad_json', 'unknown_type', 'bad_field', 'bad_id', 'too_large', 'too_many'],
  ])
    expect([key, seen.get(key) ?? 0]).not.toEqual([key, 0])
}, 110_000)

test('a frame that is as it should be is never refused', () => {
  fc.assert(
    fc.property(validFrame, text => {
      expect(decodeClient(text)).toMatchObject({ ok: true })
    }),
    { numRuns: Math.ceil(RUNS / 4) },
  )
})
