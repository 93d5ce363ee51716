// Knows the keys of the HTTP API, by the SHA-256 of their secrets. Finding one takes the same time whether or not there is
// one. Nothing here keeps or shows a secret.

import { hash, timingSafeEqual } from 'node:crypto'
import type { KeySettings } from '../server/settings.ts'
import { type Caller, SCOPES, type Scope } from './authority.ts'
import { badOption, type ReadFile, readWhole, textOf } from './option-file.ts'

export interface Keyring {
  readonly size: number
  /** Who has this secret; `null`: nobody. */
  find(secret: string): Caller | null
}

interface Entry {
  readonly digest: Uint8Array
  readonly caller: Caller
}

const LEAST_LENGTH = 16

/** Throws `bad_option`, told of `option`, for a file that cannot be read, and for secrets no header can carry. */
export function makeKeyring(
  keys: readonly KeySettings[],
  read: ReadFile = readWhole,
  option = '--key',
): Keyring {
  const entries = keys.map(key => ({ digest: digestOf(key, read, option), caller: callerOf(key) }))
  const twin = entries.find(({ digest }, i) => entries.findIndex(other => equal(other.digest, digest)) < i)
  if (twin !== undefined)
    throw badOption(option, `key ${twin.caller.name} has the secret of another: give it its own`)
  return { size: entries.length, find: secret => find(entries, secret) }
}

function find(entries: readonly Entry[], secret: string): Caller | null {
  const digest = sha256(secret)
  let found: Caller | null = null
  for (const entry of entries) if (equal(entry.digest, digest)) found = entry.caller
  return found
}

function digestOf({ name, secret }: KeySettings, read: ReadFile, option: string): Uint8Array {
  const text = textOf(option, secret, read)
  if (text.startsWith('sha256:')) {
    if (!/^sha256:[0-9a-f]{64}$/.test(text))
      throw badOption(option, `key ${name}: after sha256: stand 64 hex digits`)
    return Buffer.from(text.slice('sha256:'.length), 'hex')
  }
  if (text.length < LEAST_LENGTH)
    throw badOption(option, `key ${name}: its secret has at least ${LEAST_LENGTH} characters`)
  if (!/^[!-~]+$/.test(text))
    throw badOption(
      option,
      `key ${name}: its secret is of letters, digits and signs of ASCII, without spaces`,
    )
  return sha256(text)
}

function callerOf({ name, scopes }: KeySettings): Caller {
  const all = scopes.includes('admin')
  return {
    name,
    scopes: new Set<Scope>(all ? SCOPES : scopes),
    rights: null,
    member: null,
    bucket: `key:${name}`,
  }
}

function sha256(text: string): Buffer {
  // a third of what createHash costs, and every request pays it
  return hash('sha256', text, 'buffer')
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
