// The options that say who may come in, who may ask, how much each may do, and who is told: tokens, keys, webhooks, limits,
// TLS. Part of the one schema.

import { z } from 'zod'
import type { KeySettings, WebhookSettings } from '../settings.ts'
import { type KeyInput, readKey } from './option-key.ts'
import { kinds, UNLIMITED } from './option-kinds.ts'
import { DURATION, SIZE, tell } from './option-meta.ts'
import { readNetwork, readUrl } from './option-network.ts'
import { readWebhook, type WebhookInput } from './option-webhook.ts'

const MANY = 1_000_000_000
const { count, duration, list, oneOf, size, text } = kinds

const path = () => text(input => input.trim() !== '', 'must be a file')
const word = () => text(input => input.trim() !== '', 'must be text, and not empty')
const url = () =>
  kinds.of<string, string>(
    readUrl,
    'must be a web address without a password, such as https://example.org/hook',
  )

const PATH = { value: '<file>' } as const
const COUNT = { value: '<count>' } as const

/** How people and devices prove who they are. None of it given: open mode. */
const auth = z.strictObject({
  secret: tell(word().optional(), {
    about:
      'Secret of tokens signed with HS256, at least 32 bytes: text, `base64:…`, or `file:…` to read it from a file. Turns auth on.',
    value: '<secret>',
    otherwise: 'none',
    secret: true,
  }),
  oldSecret: tell(word().optional(), {
    about:
      'Secret of before, written as --auth-secret is: tokens signed with it are still taken. Give it for as long as they live.',
    value: '<secret>',
    otherwise: 'none',
    secret: true,
  }),
  publicKey: tell(list<string, string>(/[\s,]+/, readPath).default([]), {
    about:
      'File with a public key of tokens signed with RS256, ES256 or EdDSA: PEM, JWK or a JWK set. Turns auth on.',
    value: '<file>',
    otherwise: 'none',
    many: 'commas or spaces',
  }),
  jwks: tell(url().optional(), {
    about:
      'Address of a JWK set with the public keys of tokens; it is kept, and read again when keys change. Turns auth on.',
    value: '<url>',
    otherwise: 'none',
    // an address may hold a secret in its path or query
    secret: true,
  }),
  hook: tell(url().optional(), {
    about:
      'Address that is asked who a connection is: a POST with what came, answered with a member. Turns auth on.',
    value: '<url>',
    otherwise: 'none',
    // an address may hold a secret in its path or query
    secret: true,
  }),
  hookSecret: tell(word().optional(), {
    about:
      'Secret (`whsec_…`) that signs what is sent to --auth-hook, as webhooks are signed; text, or `file:…`.',
    value: '<secret>',
    otherwise: 'none: not signed',
    secret: true,
  }),
  hookTimeout: tell(duration({ least: 100, most: 60_000 }).default(5_000), {
    ...DURATION,
    about: 'How long --auth-hook may take; a connection whose answer is late is closed with 1013.',
  }),
  issuer: tell(word().optional(), {
    about: 'What `iss` of every token must be.',
    value: '<text>',
    otherwise: 'anything',
  }),
  audience: tell(word().optional(), {
    about: 'What `aud` of every token must hold.',
    value: '<text>',
    otherwise: 'anything',
  }),
  leeway: tell(duration({ least: 0, most: 600_000, off: 0 }).default(5_000), {
    ...DURATION,
    about: 'How far the clock of who signs tokens may be off.',
  }),
  rights: tell(oneOf(['own', 'all']).default('own'), {
    about:
      'What a token that does not say so lets its member watch and ask: own, itself and the groups of its token; all, everybody.',
    value: '<word>',
  }),
})

const key = tell(list<string | KeyInput, KeySettings>(/\s+/, readKey, true).default([]), {
  about:
    'Key of the HTTP API: `name=scopes:secret`, scopes joined by `+` out of read, push, beat, admin; the secret as text, `file:…`, or `sha256:` and 64 hex digits. With one, every request to the API needs a key.',
  value: '<key>',
  otherwise: 'none',
  many: 'spaces',
  secret: true,
})

const webhook = tell(list<string | WebhookInput, WebhookSettings>(/\s+/, readWebhook, true).default([]), {
  about:
    'Endpoint that is told transitions: `name=url`, then `,secret=whsec_… ,kinds=join+leave ,type= ,group= ,private=on` (private: the address may be of this machine or a private network).',
  value: '<endpoint>',
  otherwise: 'none',
  many: 'spaces',
  secret: true,
})

const trustedProxy = tell(list<string, string>(/[\s,]+/, readNetwork).default([]), {
  about:
    'Address or network, such as 10.0.0.0/8, of a proxy whose X-Forwarded-For is believed. A client is the last address there that is no such proxy.',
  value: '<network>',
  otherwise: 'none',
  many: 'commas or spaces',
})

const tls = z.strictObject({
  cert: tell(path().optional(), {
    ...PATH,
    about: 'Certificate chain (PEM) of all listeners; read again on SIGHUP.',
    otherwise: 'none: plain HTTP and ws',
  }),
  key: tell(path().optional(), {
    ...PATH,
    about: 'Its private key (PEM); read again on SIGHUP.',
    otherwise: 'none',
  }),
})

/** How much anybody may do. `off`: no limit. */
const limits = z.strictObject({
  perAddress: tell(count({ least: 1, most: MANY, off: UNLIMITED }).nullable().default(null), {
    ...COUNT,
    about: 'Connections from one address. off: no limit.',
    otherwise: '1000, and no limit for this machine',
  }),
  perMember: tell(count({ least: 1, most: MANY, off: UNLIMITED }).default(100), {
    ...COUNT,
    about: 'Connections of one member on this server. off: no limit.',
  }),
  upgrades: tell(count({ least: 1, most: MANY, off: UNLIMITED }).nullable().default(null), {
    ...COUNT,
    about: 'New connections per second from one address, five times as many at once. off: no limit.',
    otherwise: '100, and no limit for this machine',
  }),
  bytes: tell(size({ least: 1_024, most: 2 ** 40 }).default(2 ** 20), {
    ...SIZE,
    about:
      'Bytes per second from one connection, eight times as many at once, and one largest message always. More are dropped, and 3 s over it ends the connection.',
  }),
  watched: tell(count({ least: 1, most: 1_000_000 }).default(10_000), {
    ...COUNT,
    about: 'Members that one connection may watch by name.',
  }),
  groups: tell(count({ least: 1, most: 100 }).default(100), {
    ...COUNT,
    about: 'Groups that a member may be in, and that a connection may watch.',
  }),
  profile: tell(size({ least: 2, most: 65_536 }).default(8_192), {
    ...SIZE,
    about: 'Largest profile of a member, as JSON.',
  }),
  updates: tell(count({ least: 1, most: 1_000 }).default(1), {
    ...COUNT,
    about: 'Updates of one member that are told per second; more are merged.',
  }),
  body: tell(size({ least: 1_024, most: 2 ** 26 }).default(2 ** 20), {
    ...SIZE,
    about: 'Largest body of a request to the HTTP API.',
  }),
  requests: tell(count({ least: 1, most: MANY, off: UNLIMITED }).default(UNLIMITED), {
    ...COUNT,
    about: 'Requests per second to the HTTP API by one key, or by one address where no key is asked for.',
    otherwise: 'off',
  }),
  failures: tell(count({ least: 1, most: MANY, off: UNLIMITED }).nullable().default(null), {
    ...COUNT,
    about: 'Wrong keys and tokens per minute from one address; more are refused unread. off: no limit.',
    otherwise: '60, and no limit for this machine',
  }),
})

export const accessOptions = { trustedProxy, tls, auth, key, webhook, limits }

function readPath(input: unknown) {
  return typeof input === 'string' && input !== '' ? { value: input } : { problem: 'must be a file' }
}
