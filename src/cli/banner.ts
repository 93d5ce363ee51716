// What a server says of itself when it starts: where it is, how soon it notices, what it keeps, whom it lets in and whom it
// tells. Plain lines, and never a secret; colour, log format and the stream are the caller's choice.

import type { ListenerAddress } from '../server/api.ts'
import { isLoopback } from '../server/guard.ts'
import type { AuthSettings, Settings } from '../server/settings.ts'

/** Said as a log line or printed. */
export interface BannerLine {
  readonly message: string
  readonly fields: object
  readonly warning?: true
}

/** The banner, first line first. */
export function bannerOf(
  version: string,
  settings: Settings,
  addresses: readonly ListenerAddress[],
): BannerLine[] {
  return [
    { message: `Systole ${version}`, fields: { version } },
    ...addresses.flatMap((address, index) => listening(address, index === 0, settings.tls !== null)),
    { message: kept(settings), fields: { data: settings.data } },
    ...secured(settings),
    ...keys(settings),
    ...told(settings),
    settings.auth === null ? OPEN_MODE : checked(settings.auth),
    ...(settings.auth === null && settings.open ? [REACHABLE] : []),
    ...(isReadable(settings, addresses) ? [READABLE] : []),
    ...(settings.auth !== null && settings.keys.length === 0 ? [noKeys(settings.auth)] : []),
    ...(settings.auth === null ? [] : unproven(settings.listeners, addresses)),
    ...(settings.webhooks.length > 0 && settings.data === false ? [UNKEPT] : []),
    ...(settings.origins.includes('null') ? [FROM_FILES] : []),
  ]
}

/** The same as text for a terminal. */
export function bannerText(lines: readonly BannerLine[]): string {
  return lines.map(({ message, warning }) => `  ${warning ? '! ' : ''}${message}\n`).join('')
}

const OPEN_MODE: BannerLine = {
  message: 'open mode protects nobody from anybody: ids are claims, and whoever connects may use any',
  fields: { mode: 'open' },
  warning: true,
}

const UNKEPT: BannerLine = {
  message:
    'webhooks without a data file: a restart loses what was not yet posted, and tells each endpoint to begin anew (systole.reset); give --data a folder',
  fields: { data: false },
  warning: true,
}

const REACHABLE: BannerLine = {
  message: 'other machines are served too (--open): keep this port away from the internet',
  fields: { open: true },
  warning: true,
}

const READABLE: BannerLine = {
  message:
    'no TLS, and no proxy is trusted to end it: tokens, keys and presence can be read on the way (--tls-cert, --trusted-proxy)',
  fields: { tls: null },
  warning: true,
}

const FROM_FILES: BannerLine = {
  message:
    'pages opened from a file are let in (Origin: null): so is every sandboxed frame of every site this browser visits',
  fields: { origin: 'null' },
  warning: true,
}

function listening(address: ListenerAddress, main: boolean, tls: boolean): BannerLine[] {
  const { host, port, dialect, bound } = address
  const place = `${reachable(host)}:${port}`
  const s = tls ? 's' : ''
  const url = `ws${s}://${place}`
  const line = { message: `${url} speaks ${dialect}: ${bound}`, fields: { host, port, dialect, url, bound } }
  if (!main) return [line]
  const pages = `http${s}://${place}/`
  return [
    line,
    { message: `${pages} shows who is online; try ${pages}demo/user?user_id=7`, fields: { pages } },
  ]
}

function kept({ data, durability }: Settings): string {
  if (data === false) return 'nothing is kept over a restart (--data off)'
  const cost =
    durability === 'full' ? 'a power cut loses nothing told' : 'a power cut may cost the last moments'
  return `data is kept in ${data}; ${cost}`
}

function secured({ tls }: Settings): BannerLine[] {
  if (tls === null) return []
  return [
    { message: `TLS shows the certificate in ${tls.cert}; SIGHUP reads it again`, fields: { tls: tls.cert } },
  ]
}

function keys(settings: Settings): BannerLine[] {
  if (settings.keys.length === 0) return []
  const all = settings.keys.map(({ name, scopes }) => ({ name, scopes }))
  const words = all.map(({ name, scopes }) => `${name} (${scopes.join(', ')})`)
  return [{ message: `the API asks for a key: ${words.join(', ')}`, fields: { keys: all } }]
}

// An address may hold a secret in its path or query: only the host is said.
function told(settings: Settings): BannerLine[] {
  if (settings.webhooks.length === 0) return []
  const all = settings.webhooks.map(({ name, url }) => ({ name, host: new URL(url).host }))
  const words = all.map(({ name, host }) => `${name} (${host})`)
  return [{ message: `webhooks tell ${words.join(', ')}`, fields: { webhooks: all } }]
}

function checked({ secret, publicKey, jwks, hook }: AuthSettings): BannerLine {
  const ways = [
    ...(secret === null ? [] : ['a secret (HS256)']),
    ...(publicKey.length === 0
      ? []
      : [`${publicKey.length} file${publicKey.length > 1 ? 's' : ''} of public keys`]),
    ...(jwks === null ? [] : [`the keys of ${new URL(jwks).host} (JWKS)`]),
  ]
  const message =
    hook === null
      ? `auth is on: tokens are checked by ${ways.join(', ')}`
      : `auth is on: ${new URL(hook).host} is asked who each connection is`
  return { message, fields: { mode: 'auth' } }
}

// A hook is asked of connections only.
function noKeys({ hook }: AuthSettings): BannerLine {
  const whom = hook === null ? 'only members with a token' : 'nobody'
  const message = `no API key is set: the API answers ${whom}; give your backend one with --key`
  return { message, fields: { keys: [] }, warning: true }
}

// Listeners and addresses stand in the same order.
function unproven(listeners: Settings['listeners'], addresses: readonly ListenerAddress[]): BannerLine[] {
  return addresses
    .filter((_, index) => listeners[index]?.token === 'none')
    .map(({ host, port }) => ({
      message: `port ${port} asks for no token (token=none): there ids are claims, and whoever connects may use any`,
      fields: { host, port, token: 'none' },
      warning: true,
    }))
}

function isReadable({ tls, trustedProxies }: Settings, addresses: readonly ListenerAddress[]): boolean {
  return tls === null && trustedProxies.length === 0 && addresses.some(({ host }) => !isLoopback(host))
}

// What stands for every address is none that a browser could open.
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
