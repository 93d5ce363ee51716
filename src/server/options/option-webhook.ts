// One `--webhook` entry: `name=url[,key=value…]`, or the same as an object in a config file. No message shows a secret.

import { TRANSITION_KINDS, type TransitionKind } from '../../protocol/words.ts'
import type { WebhookSettings } from '../settings.ts'
import type { Reading } from './option-kinds.ts'
import { readUrl } from './option-network.ts'
import { parseSwitch } from './option-units.ts'

/** The same in a config file. */
export interface WebhookInput {
  readonly name: string
  readonly url: string
  /** `whsec_` and base64 of 24 to 64 bytes; `file:…` reads it from a file. */
  readonly secret?: string
  /** @default all */
  readonly kinds?: readonly TransitionKind[]
  readonly type?: string
  readonly group?: string
  /** Its address may be of this machine or of a private network. @default false */
  readonly private?: boolean
}

const FORM = 'an endpoint must be written name=url, such as backend=https://example.org/hook,kinds=join+leave'
const NAME = 'name must be 1 to 64 letters, digits, dots, dashes or underscores'
const KEYS = ['secret', 'kinds', 'type', 'group', 'private']

/** An entry of the `webhook` list. */
export function readWebhook(entry: unknown): Reading<WebhookSettings> {
  const input = typeof entry === 'string' ? readText(entry) : entry
  if (input === null) return { problem: FORM }
  if (typeof input !== 'object' || Array.isArray(input))
    return { problem: `an endpoint must be text, or an object of name, url, ${KEYS.join(', ')}` }
  const {
    name,
    url,
    secret,
    kinds,
    type,
    group,
    private: isPrivate,
    ...rest
  } = input as Record<string, unknown>
  const stray = Object.keys(rest)[0]
  if (stray !== undefined)
    return { problem: `${JSON.stringify(stray)} is no key of an endpoint: known are ${KEYS.join(', ')}` }
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name))
    return { problem: `${typeof entry === 'string' ? `${FORM}; its` : "an endpoint's"} ${NAME}` }
  const address = readUrl(url)
  if (address === null)
    return {
      problem: `endpoint ${name}: its url must be a web address without a password, such as https://example.org/hook`,
    }
  if (secret !== undefined && !isSecret(secret))
    return { problem: `endpoint ${name}: its secret must be whsec_ and base64 of 24 to 64 bytes, or file:…` }
  const wanted = kinds === undefined ? TRANSITION_KINDS : kinds
  if (!Array.isArray(wanted) || wanted.length === 0 || !wanted.every(kind => TRANSITION_KINDS.includes(kind)))
    return { problem: `endpoint ${name}: kinds must be of ${TRANSITION_KINDS.join(', ')}, joined by +` }
  const narrowed = { type, group }
  for (const [key, value] of Object.entries(narrowed))
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      return {
        problem: `endpoint ${name}: ${key} must be text, and not empty: without it, it is told of all`,
      }
  const open = isPrivate === undefined ? false : parseSwitch(isPrivate)
  if (open === null) return { problem: `endpoint ${name}: private must be on or off` }
  return {
    value: {
      name,
      url: address,
      secret: secret ?? null,
      kinds: [...new Set(wanted)],
      type: (type as string | undefined) ?? null,
      group: (group as string | undefined) ?? null,
      allowPrivate: open,
    },
  }
}

function readText(text: string): Record<string, unknown> | null {
  // an address that holds such a thing itself can be given in a config file
  const [head = '', ...rest] = text.split(/,(?=[A-Za-z]+=)/)
  const match = /^([^=]+)=(.+)$/.exec(head)
  if (match === null) return null
  const fields: Record<string, unknown> = { name: match[1], url: match[2] }
  for (const pair of rest) {
    const at = pair.indexOf('=')
    const value = pair.slice(at + 1)
    fields[pair.slice(0, at)] = pair.startsWith('kinds=') ? value.split('+') : value
  }
  return fields
}

function isSecret(secret: unknown): secret is string {
  if (typeof secret !== 'string') return false
  if (/^file:./.test(secret)) return true
  const bytes = /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret)
    ? Buffer.from(secret.slice(6), 'base64').length
    : 0
  return bytes >= 24 && bytes <= 64
}
