// Public keys out of files: PEM (also certificates, and many in one file), a JWK, or a JWK set. Refuses what is private.

import { createPublicKey } from 'node:crypto'
import { fieldOf } from '../protocol/fields.ts'
import { type JsonObject, parseObject } from '../protocol/json.ts'
import { badOption, fileOf, type ReadFile } from './option-file.ts'
import { jwkKey, publicKey, type VerifyKey } from './verify-key.ts'

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g
const MOST_KEYS = 100
const MOST_TOLD = 300

/** The keys in one file. Throws `bad_option`. */
export function keysInFile(option: string, path: string, read: ReadFile): VerifyKey[] {
  const text = Buffer.from(fileOf(option, path, read))
    .toString()
    .trim()
  const fail = (why: string) =>
    badOption(option, `the file ${path} holds no public key that can be used: ${why}`)
  const object = parseObject(text)
  if (object !== null && Object.hasOwn(object, 'keys')) {
    const set = keysInSet(object)
    if (typeof set === 'string') throw fail(set)
    if (set.keys.length === 0) throw fail(set.others)
    return set.keys
  }
  const made = object !== null ? [jwkKey(object)] : [...text.matchAll(PEM)].map(pemKey)
  const wrong = made.find(key => typeof key === 'string')
  if (wrong !== undefined) throw fail(wrong)
  if (made.length === 0) throw fail('it must be PEM, a JWK or a JWK set')
  return made as VerifyKey[]
}

/** Those keys of a JWK set that verify tokens, and what keeps the others from it; a text: it is no such set. */
export function keysInSet(set: JsonObject): { keys: VerifyKey[]; others: string } | string {
  const items = fieldOf(set, 'keys')
  if (!Array.isArray(items)) return 'it is no JWK set: keys must be a list'
  const made = items
    .slice(0, MOST_KEYS)
    .map(item => (isObject(item) ? jwkKey(item) : 'a key must be an object'))
  const others = made.filter(key => typeof key === 'string').join('; ')
  return {
    keys: made.filter(key => typeof key !== 'string'),
    others: made.length === 0 ? 'the JWK set is empty' : others.slice(0, MOST_TOLD),
  }
}

function pemKey([pem, label]: RegExpExecArray): VerifyKey | string {
  if (label!.includes('PRIVATE'))
    return 'it is a private key; its public one is written by openssl pkey -in <file> -pubout'
  try {
    return publicKey(createPublicKey(pem), null)
  } catch {
    return `what it calls ${label} cannot be read`
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
