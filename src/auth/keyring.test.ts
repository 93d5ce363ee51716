// Whose secret is it: found by text, file or digest, and told at the start what is none.

import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { SystoleError } from '../errors.ts'
import type { KeySettings } from '../server/settings.ts'
import type { Scope } from './authority.ts'
import { makeKeyring } from './keyring.ts'

const TEXT = 'a-long-random-text'
const digest = (text: string) => createHash('sha256').update(text).digest('hex')
const key = (name: string, secret: string, scopes: readonly Scope[] = ['read']): KeySettings => ({
  name,
  secret,
  scopes,
})
const FILES: Record<string, string | Uint8Array> = {
  'key.txt': 'out-of-a-file-123\n',
  'hash.txt': `sha256:${digest('hidden-in-a-file')}\r\n`,
  'short.txt': 'short',
  'bytes.bin': new Uint8Array([255, 254, 253]),
}

function ring(...keys: KeySettings[]) {
  return makeKeyring(keys, path => {
    const text = FILES[path]
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    return Buffer.from(text)
  })
}

test('finds each by its own secret, and nobody by another', () => {
  const keyring = ring(
    key('backend', TEXT, ['read', 'push']),
    key('beats', 'file:key.txt', ['beat']),
    key('boss', `sha256:${digest('a-secret-of-its-own')}`, ['admin']),
    key('other', 'file:hash.txt'),
  )
  expect(keyring.size).toBe(4)
  expect(keyring.find(TEXT)).toEqual({
    name: 'backend',
    scopes: new Set<Scope>(['read', 'push']),
    rights: null,
    member: null,
    bucket: 'key:backend',
  })
  expect(keyring.find('out-of-a-file-123')?.name).toBe('beats')
  expect(keyring.find('hidden-in-a-file')?.name).toBe('other')
  for (const wrong of [
    '',
    TEXT.slice(1),
    `${TEXT} `,
    TEXT.toUpperCase(),
    digest(TEXT),
    `sha256:${digest(TEXT)}`,
    'file:key.txt',
  ])
    expect(keyring.find(wrong)).toBeNull()
  expect(keyring.find('x'.repeat(1_000_000))).toBeNull()
})

test('the digest of a key is no key', () => {
  const hash = `sha256:${digest('a-secret-of-its-own')}`
  expect(ring(key('boss', hash)).find(hash)).toBeNull()
})

test('admin has every scope', () => {
  expect(ring(key('boss', TEXT, ['admin'])).find(TEXT)?.scopes).toEqual(
    new Set(['read', 'push', 'beat', 'admin']),
  )
})

test('an empty one knows nobody', () => {
  expect(ring().find('')).toBeNull()
})

describe('is refused', () => {
  test.each([
    [
      key('a', 'file:nowhere.txt'),
      '--key: the file nowhere.txt cannot be read (ENOENT): correct its name or its rights',
    ],
    [key('a', 'file:short.txt'), '--key: key a: its secret has at least 16 characters'],
    [key('a', 'file:bytes.bin'), '--key: the file bytes.bin is no text in UTF-8'],
    [
      key('a', 'sixteen letters with spaces'),
      '--key: key a: its secret is of letters, digits and signs of ASCII, without spaces',
    ],
    [
      key('a', 'päßwörter-sind-lang'),
      '--key: key a: its secret is of letters, digits and signs of ASCII, without spaces',
    ],
    [key('a', `sha256:${digest('x').toUpperCase()}`), '--key: key a: after sha256: stand 64 hex digits'],
  ])('%j', (wrong, message) => {
    try {
      ring(wrong)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(SystoleError)
      expect(error).toMatchObject({ code: 'bad_option', message })
    }
  })

  test('one secret under two names', () => {
    expect(() => ring(key('a', TEXT), key('b', `sha256:${digest(TEXT)}`))).toThrow(
      'key b has the secret of another: give it its own',
    )
  })
})
