// `systole token`: a token for development, signed with the secret the server has, as claims a server would take. It asks
// no server, and what it prints to stdout is the token alone.

import type { Grant } from '../auth/authority.ts'
import { tokenAuthority } from '../auth/make-access.ts'
import { freshSecret, mintToken } from '../auth/mint.ts'
import { readWhole, secretOf } from '../auth/option-file.ts'
import { SystoleError } from '../errors.ts'
import { monotonic } from '../server/monotonic.ts'
import { formatDuration, parseDuration } from '../server/options/option-units.ts'
import type { AuthSettings, Settings } from '../server/settings.ts'
import { gatherSettings } from './config.ts'
import { visible } from './visible.ts'

/** Flags of the command. */
export interface TokenOptions {
  readonly authSecret?: string
  readonly config?: string
  readonly name?: string
  readonly type?: string
  readonly group?: readonly string[]
  readonly watch?: readonly string[]
  readonly ask?: readonly string[]
  readonly push?: readonly string[]
  readonly expires: string
  readonly observer?: boolean
  readonly newSecret?: boolean
}

/** Where it is run. */
export interface TokenPlace {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly folder: string
  /** Ms since 1970. */
  readonly now: number
}

const REACHES = ['watch', 'ask', 'push'] as const
const NO_SECRET =
  'there is no secret to sign with: give the one of the server by --auth-secret, SYSTOLE_AUTH_SECRET or auth.secret of the config file; systole token --new-secret makes one'

/** Prints a token, or a fresh secret. Throws `bad_option` or `bad_config`. */
export async function token(member: string | undefined, options: TokenOptions): Promise<void> {
  const { out, note } = await tokenLines(member, options, {
    env: process.env,
    folder: process.cwd(),
    now: Date.now(),
  })
  process.stdout.write(`${out}\n`)
  // where it is piped on, the token is all there is to say
  if (process.stdout.isTTY && note !== '') process.stderr.write(`${note}\n`)
}

/** What goes to stdout, and a line about it for people. */
export async function tokenLines(
  member: string | undefined,
  options: TokenOptions,
  place: TokenPlace,
): Promise<{ out: string; note: string }> {
  if (options.newSecret === true) {
    if (member !== undefined) throw bad('--new-secret makes a secret, not a token: leave the member out')
    return { out: freshSecret(), note: 'start the server with it: --auth-secret, or SYSTOLE_AUTH_SECRET' }
  }
  const settings = await settingsFor(options, place)
  const { auth } = settings
  if (auth?.secret == null) throw bad(NO_SECRET)
  const claims = claimsOf(member, options, auth, place.now)
  const made = mintToken(claims, secretOf(settings.names.secret, auth.secret, readWhole))
  const grant = checked(made, { ...auth, jwks: null, publicKey: [] }, settings, place.now)
  return { out: made, note: described(grant, options.expires) }
}

function settingsFor({ authSecret, config }: TokenOptions, { env, folder }: TokenPlace): Promise<Settings> {
  const flags = new Map(authSecret === undefined ? [] : [['auth.secret', authSecret]])
  return gatherSettings({ flags, file: config, env, folder })
}

function claimsOf(
  member: string | undefined,
  options: TokenOptions,
  { issuer, audience }: AuthSettings,
  now: number,
): object {
  const { name, type, group, observer, expires } = options
  if (observer === true && member !== undefined) throw bad('an observer has no member: leave one of both out')
  if (observer !== true && member === undefined)
    throw bad('whose token is it: name a member, as in systole token 7, or give --observer')
  const seconds = Math.floor(now / 1_000)
  const reaches = REACHES.map(key => [key, reachOf(`--${key}`, options[key])] as const)
  return {
    ...(member !== undefined && { sub: member }),
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    ...(group !== undefined && { groups: group }),
    ...(observer === true && { watch: true, ask: true }),
    ...Object.fromEntries(reaches.filter(([, reach]) => reach !== undefined)),
    ...(issuer !== null && { iss: issuer }),
    ...(audience !== null && { aud: audience }),
    iat: seconds,
    ...(expires !== 'off' && { exp: seconds + lifeOf(expires) }),
  }
}

/** `all`, `none`, or ids. */
function reachOf(
  flag: string,
  ids: readonly string[] | undefined,
): boolean | { members: readonly string[] } | undefined {
  if (ids === undefined) return undefined
  const word = ids.find(id => id === 'all' || id === 'none')
  if (word !== undefined && ids.length > 1)
    throw bad(`${flag} ${word} stands alone: leave out the other ids, or the word`)
  if (word !== undefined) return word === 'all'
  return { members: ids }
}

/** Seconds. */
function lifeOf(text: string): number {
  const ms = parseDuration(text)
  if (ms === null || ms < 1_000)
    throw bad(
      `--expires ${JSON.stringify(text)} must be a duration from 1s on, such as 10m, 1h or 30d, or off`,
    )
  return Math.floor(ms / 1_000)
}

// As the server would: what it does not take is told here, where it can be mended.
function checked(made: string, auth: AuthSettings, { limits, names }: Settings, now: number): Grant {
  const authority = tokenAuthority(
    auth,
    { rights: auth.rights, mostProfile: limits.profile, mostGroups: limits.groups },
    names,
    { clock: monotonic, wall: () => now, random: () => new Uint8Array(), log: SILENT, isLocal: () => true },
  )
  const verdict = authority.authorize({ token: made })
  if (verdict instanceof Promise) throw new Error('a token signed with the secret needs no waiting')
  if (!verdict.ok) throw bad(`no server would take this token: ${verdict.message}`)
  return verdict.grant
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

function described({ member, details, groups }: Grant, expires: string): string {
  const parts = [
    member === null ? 'an observer' : `member ${visible(member)}`,
    ...(details?.name === undefined ? [] : [`name ${visible(details.name)}`]),
    ...(details?.type === undefined ? [] : [`type ${visible(details.type)}`]),
    ...(groups.length === 0 ? [] : [`groups ${groups.map(visible).join(' ')}`]),
    expires === 'off' ? 'never expires' : `expires in ${formatDuration(parseDuration(expires)!)}`,
  ]
  return `# ${parts.join(', ')}`
}

function bad(text: string): SystoleError {
  return new SystoleError('bad_option', text)
}
