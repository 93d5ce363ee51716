// One `--key` entry: `name=scopes:secret`, or the same as an object in a config file. No message shows a secret.

import { SCOPES, type Scope } from '../../auth/authority.ts'
import type { KeySettings } from '../settings.ts'
import type { Reading } from './option-kinds.ts'

/** The same in a config file. */
export interface KeyInput {
  readonly name: string
  readonly scopes: readonly Scope[]
  /** Text, `file:…`, or `sha256:` and 64 hex digits. */
  readonly secret: string
}

const FORM = 'a key must be written name=scopes:secret, such as backend=read+push:a-long-random-text'
const NAME = 'name must be 1 to 64 letters, digits, dots, dashes or underscores'
const PARTS = ['name', 'scopes', 'secret']
const LEAST_LENGTH = 16

/** An entry of the `key` list. */
export function readKey(entry: unknown): Reading<KeySettings> {
  const input = typeof entry === 'string' ? readText(entry) : entry
  if (input === null) return { problem: FORM }
  if (typeof input !== 'object' || Array.isArray(input))
    return { problem: `a key must be text, or an object of ${PARTS.join(', ')}` }
  const { name, scopes, secret, ...rest } = input as Partial<KeyInput>
  const stray = Object.keys(rest)[0]
  if (stray !== undefined)
    return { problem: `${JSON.stringify(stray)} is no part of a key: known are ${PARTS.join(', ')}` }
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name))
    return { problem: `${typeof entry === 'string' ? `${FORM}; its` : "a key's"} ${NAME}` }
  if (!Array.isArray(scopes))
    return { problem: `key ${name}: scopes must be a list, such as ["read", "push"]` }
  if (typeof secret !== 'string') return { problem: `key ${name}: secret must be text` }
  const stranger = scopes.find(scope => !SCOPES.includes(scope))
  if (scopes.length === 0 || stranger !== undefined)
    return { problem: `key ${name}: scopes must be of ${SCOPES.join(', ')}, joined by +` }
  if (secret.startsWith('sha256:') && !/^sha256:[0-9a-f]{64}$/.test(secret))
    return { problem: `key ${name}: after sha256: stand 64 hex digits` }
  if (!/^(sha256|file):./.test(secret) && secret.length < LEAST_LENGTH)
    return { problem: `key ${name}: a secret has at least ${LEAST_LENGTH} characters` }
  return { value: { name, scopes: [...new Set(scopes)], secret } }
}

function readText(text: string): KeyInput | null {
  const match = /^([^=]+)=([^:]*):(.+)$/s.exec(text)
  return match && { name: match[1]!, scopes: match[2]!.split('+') as Scope[], secret: match[3]! }
}
